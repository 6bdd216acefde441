"""Decide which URLs a private reply may be posted to. Pure."""

import ipaddress
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

SLACK: Final = "https://slack.com/api/"
_HOOKS: Final = "https://hooks.slack.com/"


def trusted(url: object, *, api_url: str = SLACK) -> str | None:
    """Return `url` if a reply may be posted to it, else None: only to Slack's host, or with a sandbox to its origin.

    The allowed prefixes end in a slash, which ends the authority of a URL: a URL with another host, a port or a user
    name cannot start with one of them.
    """
    if not isinstance(url, str) or len(url) > 2000 or not url.isascii() or not url.isprintable():
        return None
    if " " in url or "\\" in url:  # URL parsers interpret these differently
        return None
    return url if url.startswith(_sandbox(api_url) or _HOOKS) else None


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
