"""What the commands that talk to a bridge share: its address and key, durations, and how they end."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import aiohttp
import click

from bridge.commands import terminal
from bridge.commands.client import Bridge, NoAnswer
from bridge.server.setting_text import unwrapped
from storage import json_text

T = TypeVar("T")

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)([smhd]?)")


def an_origin(value: str) -> str:
    """The reader of an argument that is the URL of a server, without a trailing slash."""
    value = unwrapped(value)
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.query and not parts.fragment
        has_user = "@" in parts.netloc
        _ = parts.port
    except ValueError:
        usable = has_user = False
    if not usable or not value.isprintable() or " " in value:
        raise click.BadParameter("must be an address that starts with http:// or https://.")
    if has_user:
        raise click.BadParameter("must be an address without a user or a password (what stands before the @).")
    return value.rstrip("/")


def a_key(value: str) -> str:
    """The reader of an argument that is an API key."""
    value = unwrapped(value)
    if not value.startswith("askb_") or not value.isascii() or not value.isprintable() or " " in value:
        raise click.BadParameter("must be an API key, which starts with askb_ (askbridge keys create NAME).")
    return value


class Duration(click.ParamType[float]):
    """Seconds within limits, typed as a number of seconds or with a unit: 90, 90s, 15m, 1h, 2d."""

    name = "duration"

    def __init__(self, *, min: float = 0, max: float | None = None) -> None:
        self._min, self._max = min, max

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read a duration; raises click.BadParameter."""
        if isinstance(value, int | float):
            return value
        found = _DURATION.fullmatch(str(value).strip())
        if not found:
            self.fail(f"{value!r} is not a valid duration, such as 90, 90s, 15m, 1h or 2d.", param, ctx)
        seconds = float(found[1]) * _UNITS[found[2] or "s"]
        if seconds < self._min or (self._max is not None and seconds > self._max):
            limits = f"from {_typed(self._min)}" + (f" to {_typed(self._max)}" if self._max is not None else " on")
            self.fail(f"{value!r} is not in the range {limits}.", param, ctx)
        return seconds


def _typed(seconds: float) -> str:
    """A limit in the largest unit that it is a whole number of."""
    unit, length = next((unit, length) for unit, length in reversed(_UNITS.items()) if seconds % length == 0)
    return f"{seconds / length:g}{unit}"


url_option = click.option(
    "--url", required=True, metavar="URL", envvar="ASKBRIDGE_URL", show_envvar=True, type=an_origin, help="The bridge."
)
key_option = click.option(
    "--key",
    required=True,
    metavar="KEY",
    envvar="ASKBRIDGE_KEY",
    show_envvar=True,
    type=a_key,
    help="The API key. Better set it in the environment: other users of the machine can read what is typed.",
)


def _question(value: str) -> str:
    terminal.an_id("int")(value)
    return value


id_argument = click.argument("question_id", metavar="ID", type=_question)


def with_bridge(url: str, key: str, work: Callable[[Bridge], Awaitable[T]]) -> T:
    """Run `work` with a client of the bridge, or end the command with a message and status 1."""

    async def do() -> T:
        async with aiohttp.ClientSession(json_serialize=json_text.dumps) as http:
            return await work(Bridge(url=url, key=key, http=http))

    try:
        return asyncio.run(do())
    except NoAnswer as error:
        terminal.fail(str(error))
