"""Workspaces, enterprises and apps beside those of the start, created through the control API."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.slack.conftest import Control

ACME = {
    "id": "T0ACME",
    "name": "Acme",
    "people": [{"id": "U0EVE", "name": "eve"}, {"id": "U0FAY", "name": "fay", "is_guest": True}],
    "channels": [
        {"id": "C0DEPLOYS", "name": "deploys", "members": ["U0EVE"]},
        {"id": "C0RANDOM", "name": "random", "members": ["U0EVE", "U0FAY"]},
    ],
}
ORG = {"id": "E0ORG", "name": "The Org"}
NORTH = {
    "id": "T0NORTH",
    "name": "North",
    "enterprise": ORG,
    "people": [{"id": "U0NIA", "name": "nia"}],
    "channels": [{"id": "C0NORTH", "name": "north", "members": ["U0NIA"]}],
}
SOUTH = {
    "id": "T0SOUTH",
    "name": "South",
    "enterprise": ORG,
    "people": [{"id": "U0SOL", "name": "sol"}],
    "channels": [{"id": "C0SOUTH", "name": "south", "members": ["U0SOL"]}],
}


@dataclass(frozen=True)
class Installed:
    """An installation as the control API returns it, and Slack's unmodified SDK with its token."""

    installation: dict[str, Any]
    client: AsyncWebClient

    @property
    def bot(self) -> str:
        return str(self.installation["bot_user_id"])


Install = Callable[..., Awaitable[Installed]]


async def install(control: Control, http: aiohttp.ClientSession, **fields: Any) -> Installed:
    installation = (await control.post("installations", **{"app_id": "A0ASKBRIDGE", **fields}))["installation"]
    client = AsyncWebClient(
        token=installation["bot_token"], base_url=f"{control.url}/api/", retry_handlers=[], session=http
    )
    return Installed(installation, client)


async def acme(control: Control, http: aiohttp.ClientSession, **fields: Any) -> Installed:
    """Install the app of the start in a second workspace."""
    await control.post("workspaces", **ACME)
    return await install(
        control, http, **{"team_id": "T0ACME", "channels": ["C0DEPLOYS"], "bot_user_id": "U0ACMEBOT", **fields}
    )


async def org(control: Control, http: aiohttp.ClientSession, **fields: Any) -> Installed:
    """Install the app of the start in an enterprise with two workspaces, granted in one of them."""
    for workspace in (NORTH, SOUTH):
        await control.post("workspaces", **workspace)
    wide = {"enterprise_id": "E0ORG", "team_ids": ["T0NORTH"], "channels": ["C0NORTH"], "bot_user_id": "U0ORGBOT"}
    return await install(control, http, **{**wide, **fields})


async def neighbour(control: Control, http: aiohttp.ClientSession, **fields: Any) -> Installed:
    """Install another app in the first workspace."""
    await control.post("apps", id="A0OTHER", name="other", request_urls=fields.pop("request_urls", []))
    where = {"app_id": "A0OTHER", "team_id": "T0SANDBOX", "channels": ["C0APPROVALS"], "bot_user_id": "U0OTHERBOT"}
    return await install(control, http, **{**where, **fields})
