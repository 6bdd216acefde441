"""Everything of a request but its body: methods, paths, queries, headers, and lengths that lie; never a 5xx."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import quote

import pytest

from bridge.agents.http import problems
from bridge.representation import schemas
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door, body
from tests.generated import hostile, scale
from tests.generated.damage import damaged
from tests.generated.scale import Tried
from tests.storage import build

METHODS = ["GET", "GET", "GET", "POST", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "PROPFIND"]
PATHS = [*["/v1/interactions"] * 6, "/v1/interactions/{}", "/v1/interactions/{}/cancel", "/v1/interactions/{}/timeline",
         "/openapi.json", "/v1/interactions/", "/v1//interactions/{}", "/{}", "/v1/interactions/{}/{}"]  # fmt: skip
QUERY = ["wait", "status", "kind", "tag", "run", "idempotency_key", "cursor", "limit", "page", ""]
HEADERS = ["Authorization", "Idempotency-Key", "Content-Type", "Content-Encoding", "Expect", "Accept", "Cookie",
           "Transfer-Encoding", "Content-Length", "Host", "Upgrade", "Range", "X-Forwarded-For"]  # fmt: skip
LATIN = [word for word in hostile.LINE if word.isprintable() and all(character < "\u0100" for character in word)]


def word(chance: random.Random) -> str:
    """Something to put into a place of a request, as text."""
    odd = [value for value in hostile.ODD if isinstance(value, str)]
    value = chance.choice(chance.choice([hostile.LINES, odd, hostile.REFUSED]))
    return value[: chance.choice([10, 300, 7_000])]


def target(chance: random.Random, known: str) -> str:
    """A path and a query, percent-encoded or nearly so."""

    def encoded() -> str:
        text = known if chance.random() < 0.5 else word(chance)[:2_000]
        raw = quote(text.encode("utf-8", "surrogatepass"), safe="")
        return chance.choice([raw, raw, raw, raw.replace("%", "%25"), raw[: len(raw) - 1], "%ff%fe", "..%2f.."]) or "-"

    path = chance.choice(PATHS)
    while "{}" in path:
        path = path.replace("{}", encoded(), 1)
    query = "&".join(f"{chance.choice(QUERY)}={encoded()}" for _ in range(chance.choice([0, 0, 1, 1, 2, 5])))
    return f"{path}?{query}" if query else path


async def test_whatever_is_asked_of_whatever_path_is_answered_in_our_shape(door: Door, tried: Tried) -> None:
    chance = random.Random(scale.SEED)
    known = (await door.ask()).json["id"]
    for _ in range(scale.many(600)):
        method, where = chance.choice(METHODS), target(chance, known)
        headers = {name: chance.choice(LATIN).strip() for name in chance.sample(HEADERS[1:6], chance.randint(0, 2))}
        key = {} if chance.random() < 0.1 else {"Authorization": f"Bearer {door.tenant.secret}"}
        sent = json.dumps(body()) if chance.random() < 0.5 else None
        told = await raw(door, method, where, key | headers, sent)
        tried(told.status)

        assert 200 <= told.status < 500, (method, where, headers)
        if told.status >= 400 and told.content.strip() and told.status != 417:
            assert told.type.startswith(problems.CONTENT_TYPE), (method, where, headers, told.content)
            problem = schemas.Problem.model_validate_json(told.content, extra="forbid")
            assert problem.status == told.status and len(told.content) < 5_000


async def test_every_parameter_takes_or_refuses_whatever_is_sent(door: Door, tried: Tried) -> None:
    """Each by itself, so that no other one is refused before it."""
    odd = [*hostile.REFUSED, *hostile.UNSEEN, *(value for value in hostile.ODD if isinstance(value, str))]
    for name in QUERY:
        for value in odd:
            encoded = quote(value[:2_000].encode("utf-8", "surrogatepass"), safe="")
            told = await raw(
                door,
                "GET",
                f"/v1/interactions?{name}={encoded}",
                {"Authorization": f"Bearer {door.tenant.secret}"},
                None,
            )
            tried(told.status)

            assert told.status in {200, 400}, (name, encoded, told.content)
    assert tried.counts["200"] > 20


@dataclass(frozen=True, kw_only=True)
class Told:
    """A response, read off the wire."""

    status: int
    type: str
    content: bytes


async def raw(door: Door, method: str, where: str, headers: dict[str, str], sent: str | None) -> Told:
    """One request written by hand, because clients mend what they send."""
    lines = {"Host": "bridge", "Connection": "close"} | headers
    if sent is not None:
        lines = {"Content-Type": "application/json", "Content-Length": str(len(sent))} | lines
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    request = f"{method} {where} HTTP/1.1\r\n{head}\r\n{sent or ''}".encode("utf-8", "surrogatepass")
    told = await exchange(door, request, bodiless=method == "HEAD")
    assert told is not None, request
    return told


async def exchange(door: Door, request: bytes, *, bodiless: bool = False) -> Told | None:
    """Send bytes, and read one response; None when there is none."""
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
        return Told(status=int(head.split()[1]), type=named.get("content-type", ""), content=content)
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


async def test_lengths_that_lie_and_damaged_bytes_store_nothing_and_fail_nobody(door: Door, tried: Tried) -> None:
    """Chunks of odd sizes, lengths of other bodies, both at once, and whole requests with their bytes damaged."""
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
        told = await exchange(door, sent + b"\r\n\r\n")  # so that the head ends, wherever it was cut
        tried(told.status if told else "hung up on")
        stored += told is not None and told.status == 201

        assert told is None or told.status < 500, sent
    assert await door.rows() == stored
    assert tried.counts["201"] > 20 and tried.counts["400"] > 20
    assert (await door.ask()).status == 201, "and it goes on"
