"""CONTROL.md names every route of the control API, and every field and parameter that a route takes."""

import re
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import app_rows, server, workspace_rows
from sandbox.slack.control import click_routes
from sandbox.slack.server import Sandbox
from tests.sandbox.slack.conftest import Control, card_to_click
from tests.sandbox.slack.views import modals

PAGE = (Path(server.__file__).parent / "CONTROL.md").read_text(encoding="utf-8")
ROUTES = re.findall(r"^\| `([A-Z]+) (/sandbox/[^`]*)` \| (.*) \|$", PAGE, re.MULTILINE)
IDS = {"{user}": "U0ANA", "{bot_user_id}": "U0ASKBRIDGE", "{view}": "V0"}


def table(head: str) -> list[str]:
    """The first column of the table with this head, without its marks."""
    rows = PAGE.partition(f"| {head} | |\n| --- | --- |\n")[2].partition("\n\n")[0].splitlines()
    return [row.split("|")[1].strip(" `") for row in rows]


def test_every_route_is_listed() -> None:
    routes = {
        (route.method, route.resource.canonical)
        for route in server.Sandbox().app().router.routes()
        if route.resource is not None and route.method != "HEAD" and route.resource.canonical.startswith("/sandbox/")
    }

    assert {(method, path) for method, path, _ in ROUTES} == routes


@pytest.mark.parametrize(
    ("method", "path", "text"), [pytest.param(*route, id=f"{route[0]} {route[1]}") for route in ROUTES]
)
async def test_every_field_of_a_route_is_named(
    slack: Sandbox, http: aiohttp.ClientSession, method: str, path: str, text: str
) -> None:
    for name, value in IDS.items():
        path = path.replace(name, value)
    sent: Any = {"json": {"nothing": 1}} if method == "POST" else {"params": {"nothing": "1"}}

    async with http.request(method, slack.url + path, **sent) as answer:
        detail = (await answer.json()).get("detail", "")  # none: the route takes nothing, and looks at nothing

    known = set(detail.partition("; known: ")[2].split(", ")) - {""}
    if "[below]" in text and "/views" not in path:
        heads = {"clicks": "Field", "workspaces": "Of a workspace", "apps": "Of an app"}
        named = set(table(heads.get(path.split("/")[2], "Of an installation")))
    else:
        named = words(text)
    assert known <= named, known - named
    assert known or "?" not in text


def words(text: str) -> set[str]:
    """The names of fields in `{"a", "b"?}` and of parameters in `?a=…&b=…`."""
    return {word for pair in re.findall(r'"(\w+)"|[?&](\w+)=', text) for word in pair if word}


@pytest.mark.parametrize(
    ("head", "names"),
    [
        ("Field", click_routes.CLICK),
        ("Of a workspace", workspace_rows.WORKSPACE),
        ("Of a person", workspace_rows.PERSON),
        ("Of a channel", workspace_rows.CHANNEL),
        ("Of an app", app_rows.APP),
        ("Of an installation", app_rows.INSTALLATION),
    ],
)
def test_a_table_has_exactly_the_fields_that_are_taken(head: str, names: tuple[str, ...]) -> None:
    assert sorted(table(head)) == sorted(names)


async def test_every_field_of_the_answer_to_a_click_is_named(client: AsyncWebClient, control: Control) -> None:
    named = words(re.findall(r"^The answer is `(\{.*?\})`", PAGE, re.MULTILINE)[0])

    answer = await control.post("clicks", **await card_to_click(client), repeat=2, wait_view=0)

    assert named == set(answer)


async def test_every_field_of_the_answer_to_a_submission_is_named(client: AsyncWebClient, control: Control) -> None:
    text = PAGE.partition("- **Submitting.**")[2]
    named = words(re.findall(r"The answer is\s+`(\{.*?\})`", text)[0])
    view = await modals.opened(client, control)
    await control.post("faults", on="view_submission", fault="duplicate")

    answer = await modals.submit(control, view)

    assert named == set(answer)


async def test_every_field_of_the_list_of_views_is_named(client: AsyncWebClient, control: Control) -> None:
    await modals.opened(client, control)

    answer = await control.get("views", as_="U0ANA")

    (shown,) = answer["shown"].values()
    assert all(f'"{name}"' in PAGE for name in (*answer, *shown))
