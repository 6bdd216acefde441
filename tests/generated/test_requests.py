"""Every part of a request except its body: methods, paths, queries, headers and wrong lengths; never a 5xx."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import pytest

from bridge.agents.http import problems
from bridge.agents.openapi import document
from bridge.representation import schemas
from bridge.things.registry import NOUNS
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door, body
from tests.bridge.agents.things.secret_places import BODIES
from tests.generated import hostile, scale
from tests.generated.damage import damaged
from tests.generated.scale import Tried
from tests.storage import build

PLURALS = {noun.plural for noun in NOUNS.values()}
METHODS = ["GET", "GET", "GET", "POST", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "PROPFIND"]
PATHS = [*["/v1/interactions"] * 6, "/v1/interactions/{}", "/v1/interactions/{}/cancel", "/v1/interactions/{}/timeline",
         "/openapi.json", "/v1/interactions/", "/v1//interactions/{}", "/{}", "/v1/interactions/{}/{}"]  # fmt: skip
PATHS += [path.format(id="{}") for path in document.document()["paths"] if path.split("/")[2] in PLURALS]
QUERY = ["wait", "status", "kind", "tag", "run", "idempotency_key", "cursor", "limit", "page", ""]
HEADERS = ["Authorization", "Idempotency-Key", "Content-Type", "Content-Encoding", "Expect", "Accept", "Cookie",
           "Transfer-Encoding", "Content-Length", "Host", "Upgrade", "Range", "X-Forwarded-For"]  # fmt: skip
LATIN = [word for word in hostile.LINE if word.isprintable() and all(character < "\u0100" for character in word)]


def word(chance: random.Random) -> str:
    """A hostile text for any part of a request."""
    odd = [value for value in hostile.ODD if isinstance(value, str)]
    value = chance.choice(chance.choice([hostile.LINES, odd, hostile.REFUSED]))
    return value[: chance.choice([10, 300, 7_000])]


def target(chance: random.Random, known: Sequence[str]) -> str:
    """A random path and query, percent-encoded correctly or almost correctly."""

    def encoded() -> str:
        text = chance.choice(known) if chance.random() < 0.5 else word(chance)[:2_000]
        raw = quote(text.encode("utf-8", "surrogatepass"), safe="")
        return chance.choice([raw, raw, raw, raw.replace("%", "%25"), raw[: len(raw) - 1], "%ff%fe", "..%2f.."]) or "-"

    path = chance.choice(PATHS)
    while "{}" in path:
        path = path.replace("{}", encoded(), 1)
    query = "&".join(f"{chance.choice(QUERY)}={encoded()}" for _ in range(chance.choice([0, 0, 1, 1, 2, 5])))
    return f"{path}?{query}" if query else path


async def test_whatever_is_asked_of_whatever_path_is_answered_in_our_shape(door: Door, tried: Tried) -> None:
    chance = random.Random(scale.SEED)
    known = [(await door.ask()).json["id"]]
    for plural in sorted(PLURALS):
        made = await door.call("POST", f"/v1/{plural}", json=BODIES[f"POST /v1/{plural}"])
        known.append(made.json["id"])
    for _ in range(scale.many(600)):
        method, where = chance.choice(METHODS), target(chance, known)
        headers = {name: chance.choice(LATIN).strip() for name in chance.sample(HEADERS[1:6], chance.randint(0, 2))}
        key = {} if chance.random() < 0.1 else {"Authorization": f"Bearer {door.tenant.secret}"}
        sent = json.dumps(body()) if chance.random() < 0.5 else None
        response = await raw(door, method, where, key | headers, sent)
        tried(response.status)

        assert 200 <= response.status < 500, (method, where, headers)
        if response.status >= 400 and response.content.strip() and response.status != 417:
            assert response.type.startswith(problems.CONTENT_TYPE), (method, where, headers, response.content)
            problem = schemas.Problem.model_validate_json(response.content, extra="forbid")
            assert problem.status == response.status and len(response.content) < 5_000


async def test_every_parameter_takes_or_refuses_whatever_is_sent(door: Door, tried: Tried) -> None:
    """Each parameter is sent alone, so that no other one is refused before it."""
    odd = [*hostile.REFUSED, *hostile.UNSEEN, *(value for value in hostile.ODD if isinstance(value, str))]
    for name in QUERY:
        for value in odd:
            encoded = quote(value[:2_000].encode("utf-8", "surrogatepass"), safe="")
            response = await raw(
                door,
                "GET",
                f"/v1/interactions?{name}={encoded}",
                {"Authorization": f"Bearer {door.tenant.secret}"},
                None,
            )
            tried(response.status)

            assert response.status in {200, 400}, (name, encoded, response.content)
    assert tried.counts["200"] > 20


@dataclass(frozen=True, kw_only=True)
class RawResponse:
    """A response as read from the connection."""

    status: int
    type: str
    content: bytes


async def raw(door: Door, method: str, where: str, headers: dict[str, str], sent: str | None) -> RawResponse:
    """Send one request as raw bytes, because HTTP clients repair what they send."""
    lines = {"Host": "bridge", "Connection": "close"} | headers
    if sent is not None:
        lines = {"Content-Type": "application/json", "Content-Length": str(len(sent))} | lines
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    request = f"{method} {where} HTTP/1.1\r\n{head}\r\n{sent or ''}".encode("utf-8", "surrogatepass")
    response = await exchange(door, request, bodiless=method == "HEAD")
    assert response is not None, request
    return response


async def exchange(door: Door, request: bytes, *, bodiless: bool = False) -> RawResponse | None:
    """Send bytes, and read one response; None when the connection ends without one."""
    reader, writer = await asyncio.open_connection(door.http.host, door.http.port)
    try:
        writer.write(request)
        async with asyncio.timeout(5):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            if head.startswith("HTTP/1.1 100"):
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
            named = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
            length = 0 if bodiless else int(named.get("content-length", 0))
            content = await reader.readexactly(length)
        return RawResponse(status=int(head.split()[1]), type=named.get("content-type", ""), content=content)
    except (ConnectionError, asyncio.IncompleteReadError):
        return None
    finally:
        writer.transport.abort()


@pytest.fixture
async def door(db: Database) -> AsyncIterator[Door]:
    """One replica, which waits only a moment for the rest of a body."""
    async with doors.door(db, await build.tenant(db), read_seconds=0.02) as opened:
        opened.notifier.close()
        yield opened


async def test_lengths_that_lie_and_damaged_bytes_store_nothing_and_break_nothing(door: Door, tried: Tried) -> None:
    """Wrong chunk sizes, wrong lengths, both at once, and whole requests with damaged bytes."""
    chance = random.Random(scale.SEED)
    whole = json.dumps(body(metadata={"a": "b" * 100})).encode()
    key = f"Authorization: Bearer {door.tenant.secret}\r\nContent-Type: application/json\r\nConnection: close\r\n"
    stored = 0
    for number in range(scale.many(500)):
        size = chance.choice(["0", "-1", "1", "10", str(len(whole)), str(len(whole) + 1), "9" * 30, "x", "", "+5"])
        chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (chance.choice([len(whole), 5, 0, 2**40]), whole)
        framing, content = chance.choice(
            [
                (f"Content-Length: {size}\r\n", whole),
                ("Transfer-Encoding: chunked\r\n", chunked),
                (f"Transfer-Encoding: chunked\r\nContent-Length: {size}\r\n", chunked),
                (f"Content-Length: {len(whole)}\r\nContent-Length: {size}\r\n", whole),
                (f"Content-Length: {len(whole)}\r\n", whole),
            ]
        )
        request = f"POST /v1/interactions HTTP/1.1\r\nHost: x\r\n{key}{framing}\r\n".encode() + content
        sent = damaged(request, chance) if number % 2 else request
        response = await exchange(door, sent + b"\r\n\r\n")  # so that the head ends, wherever it was cut
        tried(response.status if response else "connection closed")
        stored += response is not None and response.status == 201

        assert response is None or response.status < 500, sent
    assert await door.rows() == stored
    assert tried.counts["201"] > 20 and tried.counts["400"] > 20
    assert (await door.ask()).status == 201, "the API still works"
