"""Which URLs a card may link to, and the host that it shows beside a link."""

import re
from collections.abc import Iterator

from pydantic import HttpUrl, TypeAdapter, ValidationError

_WEB = TypeAdapter(HttpUrl)
_BARE = re.compile(r"https?://[^\s<>\"'`\\^{|}]+", re.IGNORECASE)
_MAX_CHARACTERS = 2_000
_TRAILING = ".,;:!?)]*_~"


def address(text: str) -> str | None:
    """The URL in its normalized form (ASCII only); None for text that is not an http or https URL."""
    try:
        url = str(_WEB.validate_python(text))
    except ValidationError:
        return None
    return url if len(url) <= _MAX_CHARACTERS else None


def host(url: str) -> str:
    """The host that a URL from `address` leads to, whatever else the URL contains."""
    return _WEB.validate_python(url).host or ""


def plain(url: str) -> bool:
    """Whether a URL from `address` shows its host right after the scheme, without user or password before it."""
    return "@" not in url.partition("://")[2].partition("/")[0]


def split(text: str) -> Iterator[tuple[str, str | None]]:
    """The text in pieces, as (piece, URL); the URL is None for a piece that is not a bare web address."""
    done = 0
    for match in _BARE.finditer(text):
        words = match[0].rstrip(_TRAILING)
        url = address(words)
        if url is None:
            continue
        if match.start() > done:
            yield text[done : match.start()], None
        yield url, url
        done = match.start() + len(words)
    if done < len(text):
        yield text[done:], None
