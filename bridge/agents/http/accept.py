"""Reads a request's Accept header (RFC 9110, section 12.5.1)."""

import re
from collections.abc import Iterator

from aiohttp import web

_WEIGHT = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")


def prefers(request: web.Request, type: str, *, to: str) -> bool:
    """Whether the client names the content type `type` and wants the content type `to` no more than that.

    A wildcard does not name a content type, but counts for how much the client wants `to`.
    """
    weights = dict(_weights(",".join(request.headers.getall("Accept", []))))
    other = next((weights[range] for range in (to, f"{to.partition('/')[0]}/*", "*/*") if range in weights), 0.0)
    return weights.get(type, 0.0) >= max(other, 0.001)


def _weights(header: str) -> Iterator[tuple[str, float]]:
    """Each media range of the header, in lower case and without its parameters, with its weight."""
    for part in header.split(","):
        range, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weights = [text.removeprefix("q=") for text in parameters if text.startswith("q=")]
        yield range, float(weights[0]) if weights and _WEIGHT.fullmatch(weights[0]) else 1.0
