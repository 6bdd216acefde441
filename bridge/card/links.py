"""Where a link leads: which addresses a card may link to, and the host that is shown beside them."""

import re
from collections.abc import Iterator

from pydantic import HttpUrl, TypeAdapter, ValidationError

_WEB = TypeAdapter(HttpUrl)
_BARE = re.compile(r"https?://[^\s<>\"'`\\^{|}]+", re.IGNORECASE)
_MOST = 2_000
_TRAILING = ".,;:!?)]*_~"


def address(text: str) -> str | None:
    """The address in its one unambiguous spelling (ASCII only), or None when it is not one of the web."""
    try:
        url = str(_WEB.validate_python(text))
    except ValidationError:
        return None
    return url if len(url) <= _MOST else None


def host(url: str) -> str:
    """The host that a checked address really leads to, whatever else the address contains."""
    return _WEB.validate_python(url).host or ""


def plain(url: str) -> bool:
    """Whether a checked address reads as the host it leads to: nothing stands before the host but the scheme."""
    return "@" not in url.partition("://")[2].partition("/")[0]


def found(text: str) -> Iterator[tuple[str, str | None]]:
    """The text in pieces, each with its address when it is a bare one."""
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
