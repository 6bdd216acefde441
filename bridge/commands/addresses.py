"""Recipients and responders on the command line: Slack ids, and `@names` and `#names` of a sandbox Slack."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp

from bridge import network_errors
from bridge.commands import terminal
from storage.model import Json

_USER = re.compile(r"[UW][A-Z0-9]{1,30}")
_CHANNEL = re.compile(r"[CGD][A-Z0-9]{1,30}")


class Unknown(Exception):
    """An address that cannot be used; the message says what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The people and channels of a sandbox Slack by name; empty for a real Slack, where names are ambiguous."""

    users: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    known: bool = False

    def address(self, text: str) -> Json:
        """An address as the API takes it in `to`; raises Unknown."""
        if text.startswith("#") or _CHANNEL.fullmatch(text):
            return {"channel": self._id(text, "#", self.channels)}
        return {"user": self.user(text)}

    def user(self, text: str) -> str:
        """A person's id; raises Unknown."""
        if text.startswith("@"):
            return self._id(text, "@", self.users)
        if text.startswith("#") or _CHANNEL.fullmatch(text):
            raise Unknown(
                f"{text} is a channel, which cannot answer: give people (U… or @name), or --anyone for all its members."
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
        id = ids.get(text.removeprefix(mark))
        if id is None:
            names = ", ".join(f"{mark}{terminal.one_line(name)}" for name in ids)
            raise Unknown(f"The sandbox has no {text}; it has {names}.")
        return id


async def of_sandbox(url: str, http: aiohttp.ClientSession) -> Names:
    """The names of the sandbox Slack at `url`; raises Unknown when there is no sandbox."""
    try:
        async with http.get(f"{url}/sandbox/people") as response:
            people = (await response.json())["people"]
        async with http.get(f"{url}/sandbox/channels") as response:
            channels = (await response.json())["channels"]
        return Names(
            users={person["name"]: person["id"] for person in people if not person["is_bot"]},
            channels={channel["name"]: channel["id"] for channel in channels if not channel["is_im"]},
            known=True,
        )
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
        raise Unknown(f"There is no sandbox Slack at {url} ({network_errors.why(error)}). Check --slack-url.") from None
