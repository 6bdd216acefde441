"""Which addresses a private reply may be posted to. Pure."""

import ipaddress
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

SLACK: Final = "https://slack.com/api/"
_HOOKS: Final = "https://hooks.slack.com/"


def trusted(url: object, *, api_url: str = SLACK) -> str | None:
    """Give `url` if a reply may be posted to it: Slack's own host, or with a sandbox its very origin and nothing else.

    Prefixes that end in a slash close the authority: no user name, no port and no longer host can hide in front of it.
    """
    if not isinstance(url, str) or len(url) > 2000 or not url.isascii() or not url.isprintable():
        return None
    if " " in url or "\\" in url:  # readers of URLs differ about these
        return None
    return url if url.startswith(_sandbox(api_url) or _HOOKS) else None


@lru_cache(maxsize=8)  # there is one, and reading it takes longer than all else here
def _sandbox(api_url: str) -> str | None:
    """Give the origin of an API on this machine, with its slash; None for the real one."""
    try:
        parts = urlsplit(api_url)
        host = parts.hostname or ""
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc}/" if local and "@" not in parts.netloc else None
