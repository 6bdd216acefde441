"""Canaries: the secrets that tests put into the bridge, searched for in everything that the bridge puts out.

Most secrets are recognized by their shape. The code that makes a secret without a shape (a signing secret, a
database's password) adds it to the session's `Canaries`.
"""

import contextlib
import logging
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from bridge import logs

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

_MIN_LENGTH = 8  # a shorter known value might occur anywhere by chance
_LIBRARIES = ("aiohttp", "asyncio", "asyncpg", "slack_bolt", "slack_sdk")
_SECRET_SETTINGS = re.compile("_(TOKEN|SECRET|KEY)$")


class Leaked(AssertionError):
    """A secret was found in the output; the message names its kind and the place, but not the secret."""


def seen(text: str, known: Collection[str] = (), *, but: str | None = None) -> list[str]:
    """The kinds of secrets in a text, except `but`, the kind that belongs there."""
    shapes = [sort for sort, shape in SHAPES.items() if sort != but and shape.search(text)]
    return shapes + ["a known secret"] * any(len(value) >= _MIN_LENGTH and value in text for value in known)


def shown(method: str, path: str) -> str | None:
    """The kind of secret that the response to this request of an agent contains by design, if any."""
    shows = {("POST", ""), ("GET", ""), ("POST", "/rotate_secret")}  # a new one; the one of all callbacks; the next one
    at = re.search(r"/v1/webhook_endpoints(?:/whe_\w+)?(/\w+)?$", path)
    return WEBHOOK_SECRET if at and (method, at[1] or "") in shows else None


def none_in(text: str | bytes, known: Collection[str] = (), *, where: str, but: str | None = None) -> None:
    """Raise Leaked if the text contains a secret of another kind than `but`."""
    if sorts := seen(text.decode(errors="replace") if isinstance(text, bytes) else text, known, but=but):
        raise Leaked(f"{' and '.join(sorts)} in {where}")


def of_settings(settings: Mapping[str, str]) -> set[str]:
    """The secrets in a process's settings."""
    found = {value for name, value in settings.items() if _SECRET_SETTINGS.search(name)}
    return found | {secret for value in settings.values() if (secret := password(value))}


def password(url: str) -> str | None:
    """The password in a database's address; None if there is none."""
    found = re.match("postgres(?:ql)?://[^:/@]*:([^/@]+)@", url)  # no stricter: some tests use malformed addresses
    return unquote(found[1]) if found else None


@dataclass
class Canaries:
    """The secrets without a shape that the tests of this session use."""

    known: set[str] = field(default_factory=set)

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Search every line that this process logs, in both formats of the log; raise Leaked at the end."""
        handler = _Reader(self.known)
        ours = logging.getLogger("askbridge")
        loggers = [ours, *map(logging.getLogger, _LIBRARIES)]
        bolt = logging.getLogger("slack_bolt")
        before = ours.level, bolt.level
        ours.setLevel(logging.INFO)  # as in production, like Bolt's level below
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
    """Records the secrets found in log lines, without keeping the lines."""

    def __init__(self, known: set[str]) -> None:
        super().__init__()
        self._known = known
        self._forms = (logs.formatter("readable"), logs.formatter("json"))
        self.leaks: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        sorts = {sort for form in self._forms for sort in seen(form.format(record), self._known)}
        event = str(record.msg["event"] if isinstance(record.msg, dict) else record.msg)
        self.leaks += [f"{sort} in a line of {record.name}: {event[:60]!r}" for sort in sorted(sorts)]
