"""Canaries: the secrets that the tests put into the bridge, looked for in everything that comes out of it.

Most are known by their shape, whoever made them. What has none (a signing secret, a database's password) is told to
the session's `Canaries` by whoever makes it.
"""

import contextlib
import logging
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from bridge.logs import Json, Readable

SHAPES = {
    "a bot token": re.compile(r"xox[a-z.]*-[A-Za-z0-9-]{6,}"),
    "an API key": re.compile(r"askb_[A-Za-z0-9_-]{20,}"),
    "a webhook secret": re.compile(r"whsec_[A-Za-z0-9_/+=-]{16,}"),
    "a response URL": re.compile(r"/actions/\w+/\d+/[A-Za-z0-9_-]{20,}"),
    "a signature": re.compile(r"v[01]=[0-9a-f]{64}"),
    "a database's address with its password": re.compile(r"postgres(?:ql)?://[^\s:/@]*:(?!password@)[^\s@]+@"),
}
API_KEY = "an API key"
WEBHOOK_SECRET = "a webhook secret"

_SHORTEST = 8  # a shorter known value might stand anywhere by chance
_LIBRARIES = ("aiohttp", "asyncio", "asyncpg", "slack_bolt", "slack_sdk")
_SECRET_SETTINGS = re.compile("_(TOKEN|SECRET|KEY)$")


class Leaked(AssertionError):
    """A secret came out; the message says which sort and where, and not the secret."""


def seen(text: str, known: Collection[str] = (), *, but: str | None = None) -> list[str]:
    """Which sorts of secrets are in a text, but for one that belongs there."""
    shapes = [sort for sort, shape in SHAPES.items() if sort != but and shape.search(text)]
    return shapes + ["a known secret"] * any(len(value) >= _SHORTEST and value in text for value in known)


def shown(method: str, path: str) -> str | None:
    """The sort of secret that belongs into the answer to a request of agents, if any."""
    shows = {("POST", ""), ("GET", ""), ("POST", "/rotate_secret")}  # a new one; the one of all callbacks; the next one
    at = re.search(r"/v1/webhook_endpoints(?:/whe_\w+)?(/\w+)?$", path)
    return WEBHOOK_SECRET if at and (method, at[1] or "") in shows else None


def none_in(text: str | bytes, known: Collection[str] = (), *, where: str, but: str | None = None) -> None:
    """Raise Leaked if there is a secret in what came out."""
    if sorts := seen(text.decode(errors="replace") if isinstance(text, bytes) else text, known, but=but):
        raise Leaked(f"{' and '.join(sorts)} in {where}")


def of_settings(settings: Mapping[str, str]) -> set[str]:
    """The secrets among a process' settings."""
    found = {value for name, value in settings.items() if _SECRET_SETTINGS.search(name)}
    return found | {secret for value in settings.values() if (secret := password(value))}


def password(url: str) -> str | None:
    """The password in a database's address."""
    found = re.match("postgres(?:ql)?://[^:/@]*:([^/@]+)@", url)  # some are meant to be wrong, so nothing stricter
    return unquote(found[1]) if found else None


@dataclass
class Canaries:
    """The secrets without a shape that are in use, for the whole session."""

    known: set[str] = field(default_factory=set)

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Read every line that the bridge's process would write to its log, in both forms; raise Leaked at the end."""
        handler = _Reader(self.known)
        ours = logging.getLogger("askbridge")
        loggers = [ours, *map(logging.getLogger, _LIBRARIES)]
        bolt = logging.getLogger("slack_bolt")
        before = ours.level, bolt.level
        ours.setLevel(logging.INFO)  # as in production, and so is what Bolt may say
        bolt.setLevel(logging.CRITICAL)
        for logger in loggers:
            logger.addHandler(handler)
        try:
            yield
        finally:
            for logger in loggers:
                logger.removeHandler(handler)
            ours.setLevel(before[0])
            bolt.setLevel(before[1])
        if handler.leaks:
            raise Leaked("; ".join(handler.leaks))


class _Reader(logging.Handler):
    """Keeps nothing of a line but what leaked in it."""

    def __init__(self, known: set[str]) -> None:
        super().__init__()
        self._known = known
        self._forms = (Readable(color=False), Json())
        self.leaks: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        sorts = {sort for form in self._forms for sort in seen(form.format(record), self._known)}
        self.leaks += [f"{sort} in a line of {record.name}: {record.msg[:60]!r}" for sort in sorted(sorts)]
