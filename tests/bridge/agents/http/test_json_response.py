"""JSON responses: UTF-8 with one newline at the end, and nothing that UTF-8 cannot encode."""

import asyncio
import json
import socket
import struct
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from bridge.agents.http import json_response
from tests.bridge.agents.door import Door, body

WORDS = "Désolé 漢字 🎉 \u2028\u202e \ufffe\U0010ffff"
HALVES = ["\ud83d", "\udf89", "\udfff\ud800", "a\udcffb"]


async def test_every_answer_is_real_utf_8_and_ends_in_one_newline(door: Door) -> None:
    asked = await door.ask(body(metadata={WORDS: WORDS}), idempotency="k")
    id = asked.json["id"]
    replies = [
        asked,
        await door.get(id),
        await door.list(),
        await door.call("GET", f"/v1/interactions/{id}/timeline"),
        await door.call("GET", "/openapi.json"),
        await door.cancel(id, "Désolé 漢"),
        await door.ask(body(**{WORDS: 1})),
        await door.call("GET", "/nowhere"),
        await door.call("GET", "/v1/interactions", key=None),
    ]

    for each in replies:
        assert each.raw.endswith(b"}\n") and not each.raw.endswith(b"\n\n")
        assert each.raw.decode("utf-8") == json.dumps(each.json, ensure_ascii=False) + "\n"
        assert each.headers["Content-Type"].endswith("json; charset=utf-8")
    assert replies[0].json["metadata"] == {WORDS: WORDS}
    assert f'"detail": "/{WORDS} is not a known field' in replies[6].raw.decode()


@pytest.mark.parametrize("half", HALVES, ids=ascii)
async def test_half_a_character_is_never_told_back(door: Door, half: str) -> None:
    """A lone surrogate can be sent in JSON, or percent-encoded as UTF-8 would encode it if it could."""
    id = (await door.ask()).json["id"]
    bodies: list[Any] = [
        body(title=half), body(**{half: 1}), body(kind=half), body(metadata={half: {half: half}}), body(tags=[half]),
        {half: half}, {"a": [[{half: 1}]]}, body(agent={half: 1}), body(to={half: "x"}), body(supersedes=half),
    ]  # fmt: skip
    replies = [await door.call("POST", "/v1/interactions", json=sent) for sent in bodies]
    twice = b'{"\\ud83d": 1, "\\ud83d": 2}'
    headers = {"Content-Type": "application/json"}
    replies.append(await door.call("POST", "/v1/interactions", data=twice, headers=headers))
    replies.append(await door.cancel(id, half))
    raw = "".join(f"%{byte:02x}" for byte in half.encode("utf-8", "surrogatepass"))
    paths = (f"/{raw}", f"/v1/interactions/{raw}", f"/v1/interactions?{raw}=1", f"/v1/interactions?tag={raw}")
    replies += [await door.call("GET", URL(path, encoded=True)) for path in paths]

    for each in replies:
        assert each.status in {200, 400, 404, 422}
        json.dumps(json.loads(each.raw.decode("utf-8")), ensure_ascii=False).encode("utf-8")
    assert await door.rows() == 1


def test_what_is_no_json_is_never_written() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        json_response.json({"a": float("nan")})
    with pytest.raises(UnicodeEncodeError):
        json_response.json({"a": "\ud83d"})


@pytest.mark.parametrize("hung_up", [False, True])
async def test_what_was_written_says_so_and_what_was_not_does_not(*, hung_up: bool) -> None:
    sent: list[str] = []
    over = asyncio.Event()

    async def handle(request: web.Request) -> web.Response:
        assert request.transport is not None and request.task is not None
        request.task.add_done_callback(lambda _: over.set())
        if hung_up:
            request.transport.close()
        return json_response.json({"status": "answered"}, on_sent=lambda: sent.append("sent"))

    app = web.Application()
    app.router.add_get("/", handle)
    async with TestClient(TestServer(app)) as http:
        try:
            async with http.get("/", headers={"Connection": "close"}) as response:
                assert await response.json() == {"status": "answered"}
        except aiohttp.ClientConnectionError:
            assert hung_up
        await asyncio.wait_for(over.wait(), timeout=5)

    assert sent == ([] if hung_up else ["sent"])


async def test_what_a_connection_lost_as_it_was_written_says_nothing() -> None:
    sent: list[str] = []
    over = asyncio.Event()
    with socket.socket() as client:

        async def handle(request: web.Request) -> web.Response:
            assert request.task is not None
            request.task.add_done_callback(lambda _: over.set())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closes with a reset
            client.close()
            return json_response.json({"status": "answered"}, on_sent=lambda: sent.append("sent"))

        app = web.Application()
        app.router.add_get("/", handle)
        async with TestServer(app) as server:
            client.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(client, (server.host, server.port))
            await loop.sock_sendall(client, b"GET / HTTP/1.1\r\nHost: bridge\r\n\r\n")
            await asyncio.wait_for(over.wait(), timeout=5)

    assert sent == []
