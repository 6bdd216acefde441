"""Whom a command asks: ids as Slack has them, and `@names` and `#names` where a sandbox Slack knows them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp

from bridge import network_errors
from storage.model import Json

_USER = re.compile(r"[UW][A-Z0-9]{1,30}")
_CHANNEL = re.compile(r"[CGD][A-Z0-9]{1,30}")


class Unknown(Exception):
    """This address leads nowhere; the message says what would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The people and channels of a sandbox Slack by name; of a real Slack none, because ids alone are unmistakable."""

    users: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    known: bool = False

    def address(self, text: str) -> Json:
        """Where a card goes; raises Unknown."""
        if text.startswith("#") or _CHANNEL.fullmatch(text):
            return {"channel": self._id(text, "#", self.channels)}
        return {"user": self.user(text)}

    def user(self, text: str) -> str:
        """A person's id; raises Unknown."""
        if text.startswith("@"):
            return self._id(text, "@", self.users)
        if text.startswith("#") or _CHANNEL.fullmatch(text):
            raise Unknown(
                f"{text} is a channel, and a channel cannot answer: name people (U… or @name), or use --anyone for "
                "everybody in it."
            )
        if not _USER.fullmatch(text):
            raise Unknown(f"{text!r} is neither a Slack id (U… for a person, C… for a channel) nor an @name or #name.")
        return text

    def _id(self, text: str, mark: str, ids: Mapping[str, str]) -> str:
        if not text.startswith(mark):
            return text
        if not self.known:
            raise Unknown(
                f"{text} is a name, and names are known only in the sandbox of `askbridge dev` (--slack-url). In Slack "
                "use the id: open the person's profile or the channel's details and copy it."
            )
        found = ids.get(text.removeprefix(mark))
        if found is None:
            there = ", ".join(f"{mark}{name}" for name in ids)
            raise Unknown(f"The sandbox has no {text}; it has {there}.")
        return found


async def of_sandbox(url: str, http: aiohttp.ClientSession) -> Names:
    """The names that a sandbox Slack knows; raises Unknown when there is none."""
    try:
        async with http.get(f"{url}/sandbox/people") as answer:
            people = (await answer.json())["people"]
        async with http.get(f"{url}/sandbox/channels") as answer:
            channels = (await answer.json())["channels"]
        return Names(
            users={one["name"]: one["id"] for one in people if not one["is_bot"]},
            channels={one["name"]: one["id"] for one in channels if not one["is_im"]},
            known=True,
        )
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
        raise Unknown(f"There is no sandbox Slack at {url} ({network_errors.why(error)}). Check --slack-url.") from None
