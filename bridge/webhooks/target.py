"""Checks the URL of an endpoint or callback before it is stored; `guard` checks each connection again."""

import re
import socket
import unicodedata
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit
from uuid import NAMESPACE_URL, UUID, uuid5

from yarl import URL

from bridge.webhooks.guard import Guard

_MAX_CHARACTERS = 2_000
_MAX_NAME = 253  # characters of a host name
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.IGNORECASE | re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE | re.ASCII)


class BadTarget(ValueError):
    """A URL that cannot be called; the message is the rest of a sentence that begins with the field's name."""


def check(url: str, guard: Guard) -> str:
    """The URL, unchanged; raises BadTarget.

    `https` is required, except for addresses in the networks that the operator allows, since those are the operator's.
    """
    host, port, parts = _parsed(url)
    if "@" in parts.netloc:
        raise BadTarget("must not contain a user or a password; the signature identifies the sender")
    if parts.fragment:
        raise BadTarget("must not have a fragment (#…): it is never sent")
    literal = _literal(host)
    if literal is not None and not guard.permits(literal):
        raise BadTarget("resolves to an address that is not on the public internet or is not allowed for webhooks")
    if "%" in _plain(host):
        raise BadTarget("must have a host without %: no percent-encoding and no IPv6 zone")
    if port == 0:
        raise BadTarget("must not name port 0")
    if literal is None:
        _check_name(host, bracketed="[" in parts.netloc)
    if parts.scheme == "http" and not (literal is not None and any(literal in net for net in guard.allowed)):
        raise BadTarget("must start with https://")
    return url


def _parsed(url: str) -> tuple[str, int | None, SplitResult]:
    """Host, port and all parts of a URL; raises BadTarget."""
    if len(url) > _MAX_CHARACTERS:
        raise BadTarget(f"must have at most {_MAX_CHARACTERS:,} characters")
    if not url.isprintable() or any(character.isspace() for character in url):
        raise BadTarget("must not contain spaces or invisible characters")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise BadTarget("is not a valid URL") from None
    if parts.scheme not in {"https", "http"}:
        raise BadTarget("must start with https://")
    if not host:
        raise BadTarget("has no host")
    return host, port, parts


def _check_name(host: str, *, bracketed: bool) -> None:
    """Raise BadTarget for a host that is not a valid name, in the form in which the HTTP client resolves it."""
    if bracketed:
        raise BadTarget("has no valid IPv6 address between [ and ]")
    try:
        name = (URL.build(scheme="https", host=host).raw_host or "").removesuffix(".")
    except ValueError:
        raise BadTarget("has an invalid host name") from None
    labels = name.split(".")
    if len(name) > _MAX_NAME or not all(_LABEL.fullmatch(label) for label in labels):
        raise BadTarget("has an invalid host name: each part must have 1 to 63 letters, digits and hyphens")
    if _NUMBER.fullmatch(labels[-1]):
        raise BadTarget("has a host that ends with a number and is not an IP address")


def server(url: str) -> UUID:
    """An id that all URLs of one server share, since rate and failures are counted for each server."""
    parts = urlsplit(url)
    return uuid5(NAMESPACE_URL, f"{parts.scheme}://{parts.netloc.lower()}")


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    """The IP address that a host spells, in any form some resolver accepts: decimal, hexadecimal, circled digits."""
    plain = _plain(host).rstrip(".")
    if plain == "localhost" or plain.endswith(".localhost"):
        return IPv4Address("127.0.0.1")
    try:
        return ip_address(plain.partition("%")[0])
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(plain))
    except (OSError, UnicodeEncodeError, ValueError):
        return None


def _plain(host: str) -> str:
    """A host as clients read it that normalize circled digits, wide letters and full stops of other scripts."""
    return unicodedata.normalize("NFKC", host).replace("。", ".")
