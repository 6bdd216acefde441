"""Read single values of Slack's JSON: a value is returned only if it has the right type, is short and can be stored.

Slack signs its payloads, so these checks are not against attacks. They are guarantees to the code that uses the values:
no NUL, no lone surrogate, and nothing longer than a database column or a log line should hold.
"""

import ipaddress
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

Object: TypeAlias = Mapping[str, Any]

SLACK: Final = "https://slack.com/api/"
_HOOKS: Final = "https://hooks.slack.com/"
_EMPTY: Final[Object] = {}
_ID = re.compile(r"[A-Z0-9]{1,64}")
_WORD = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]+")  # neither control characters nor lone surrogates
_HOST = re.compile(r"[a-z0-9.-]{1,253}")
_TS = re.compile(r"[0-9]{1,16}\.[0-9]{1,9}")


class Wrong(Exception):
    """A field that decides about a click is missing or malformed; the message names the field and never quotes it."""


def inner(value: Object, name: str) -> Object:
    """Return the object under `name`; an empty one if there is none."""
    child = value.get(name)
    return child if isinstance(child, dict) else _EMPTY


def identity(value: object, name: str) -> str | None:
    """Return an id that identifies the installation or the person; None if it is absent. Raises Wrong if malformed.

    Treating a malformed id as absent would look the click up under another installation.
    """
    if value is None:
        return None
    if isinstance(value, str) and _ID.fullmatch(value):
        return value
    raise Wrong(f"{name} is not a Slack id")


def required(value: object, name: str) -> str:
    """Return an id that must not be absent. Raises Wrong if it is absent or malformed."""
    id = identity(value, name)
    if id is None:
        raise Wrong(f"{name} is missing")
    return id


def handle(value: object) -> str | None:
    """Return a channel id, which only helps to find the card; None if it is malformed."""
    return value if isinstance(value, str) and _ID.fullmatch(value) else None


def ts(value: object) -> str | None:
    """Return a message's `ts` as a string; None if it is malformed."""
    return value if isinstance(value, str) and _TS.fullmatch(value) else None


def word(value: object, *, limit: int) -> str | None:
    """Return one line of text of 1 to `limit` characters; None for any other value."""
    return value if isinstance(value, str) and len(value) <= limit and _WORD.fullmatch(value) else None


def response_url(url: object, *, api_url: str = SLACK) -> str | None:
    """Return `url` if a reply may be posted to it, else None: only to Slack's host, or with a sandbox to its origin.

    The allowed prefixes end in a slash, which ends the authority of a URL: a URL with another host, a port or a user
    name cannot start with one of them.
    """
    if not isinstance(url, str) or len(url) > 2000 or not url.isascii() or not url.isprintable():
        return None
    if " " in url or "\\" in url:  # URL parsers interpret these differently
        return None
    return url if url.startswith(_sandbox(api_url) or _HOOKS) else None


def host(url: object) -> str | None:
    """Return the host of a URL for the log, `?` if it has none that is well-formed; None if `url` is absent."""
    if url is None:
        return None
    try:
        name = urlsplit(url).hostname if isinstance(url, str) and len(url) <= 2000 else None
    except ValueError:
        name = None
    return name if name is not None and _HOST.fullmatch(name) else "?"


@lru_cache(maxsize=8)  # there is one URL, and parsing it takes longer than the other checks
def _sandbox(api_url: str) -> str | None:
    """Return the origin of a Web API on this machine, with a slash at its end; None for the real Slack."""
    try:
        parts = urlsplit(api_url)
        host = parts.hostname or ""
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc}/" if local and "@" not in parts.netloc else None
