"""What follows the acknowledgement, also after a closed connection; and that the log contains no secret."""

import asyncio
import io
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bridge.agents.http.problem_details import problem_details_except
from bridge.connection_limit import ConnectionLimiter
from bridge.slack.ack import Ack
from bridge.slack.inbound import PATH, Inbound
from sandbox.slack.faults import Kind
from storage.model import Interaction
from tests import payloads
from tests.bridge.logged import events
from tests.bridge.raw import head
from tests.bridge.replica import Replica
from tests.waiting import until

SIGNATURE = "X-Slack-Signature"
TERMINATE = """
select pg_terminate_backend(pid)
from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock' and query like '%first_click_at%'
"""


async def test_no_secret_reaches_the_log(
    replica: Replica, question: Interaction, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clicks that win, lose or get no reply, and requests that are refused, at every level of the bridge's log."""
    logging.getLogger("askbridge").setLevel(logging.DEBUG)
    handle = await replica.show(question)
    urls = [(await replica.click(question, handle))["payload"]["response_url"] for _ in range(2)]
    for kind in (Kind.ERROR, Kind.STATUS, Kind.HTML, Kind.DROP_BEFORE, Kind.TRUNCATED):
        replica.fault("response_url", kind)
        urls.append((await replica.click(question, handle, user="U0BOB"))["payload"]["response_url"])
    body = payloads.form(replica.payload(question))
    signatures = [replica.signed(body)[SIGNATURE]]
    await replica.send(body[:-1], replica.signed(body))
    await replica.send(body.replace(b"actions", b"reactions"))
    replica.fault("chat.update", Kind.HTML)
    replica.fault("chat.update", Kind.ERROR, error="invalid_auth")
    for _ in range(3):
        await replica.pass_time()
        await replica.cards.step()
    monkeypatch.setattr("bridge.slack.clicks.replies.reply", lambda *_, **__: 1 / 0)
    await replica.click(question, handle)

    logged = log.getvalue()
    app = replica.slack.world.app
    assert "reply_failed" in logged and "slack_request_refused" in logged and "aftermath_failed" in logged
    secrets = [app.bot_token, app.signing_secret, *urls, *(url.rsplit("/", 1)[1] for url in urls), *signatures]
    for secret in secrets:
        assert secret not in logged
    assert "sandbox-verification-token" not in logged


async def test_m038_closing_waits_for_what_comes_after_the_acknowledged_clicks(
    replica: Replica, question: Interaction
) -> None:
    handle = await replica.show(question)
    await replica.click(question, handle)
    replica.fault("response_url", Kind.SLOW, seconds=0.3)

    told = await replica.click_without_waiting(question, handle, user="U0BOB")
    assert told["status"] == 200 and replica.whispers(handle.channel) == []
    await replica.inbound.close()

    assert len(replica.whispers(handle.channel)) == 1


async def test_m055_slack_hanging_up_does_not_undo_a_click_nor_what_follows(
    replica: Replica, question: Interaction
) -> None:
    """The claim goes on; the acknowledgement is lost; waiters are woken and the card is edited all the same."""
    loop = asyncio.get_running_loop()
    handle = await replica.show(question)
    payload = replica.payload(question)
    payload["container"] |= {"channel_id": handle.channel, "message_ts": handle.ts}
    body = payloads.form(payload)
    with replica.notifier.watching(question.organization_id, question.id) as changed:
        async with replica.db.acquire() as connection, connection.transaction():
            await connection.execute("select 1 from interactions where id = $1 for update", question.id)
            peer = socket.create_connection((urlsplit(replica.url).hostname, urlsplit(replica.url).port))
            peer.setblocking(False)
            await loop.sock_sendall(peer, head(replica, body, {}))
            waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
            await until(lambda: connection.fetch(waiting))
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            peer.close()  # with a reset
        async with asyncio.timeout(5):
            await changed.wait()

    assert await replica.verdicts() == ["won"]
    await replica.settle()
    assert not replica.has_buttons(handle)


async def test_what_follows_a_click_does_not_delay_its_answer(replica: Replica) -> None:
    answered, followed = asyncio.Event(), []

    async def then() -> None:
        await answered.wait()
        followed.append("done")

    async def receive(_: bytes) -> Ack:
        return Ack(status=503, then=then)

    async with asyncio.timeout(30), door(replica, receive) as (inbound, url):
        body = payloads.body("block_actions_message")
        async with replica.http.post(url, data=body, headers=replica.signed(body)) as answer:
            assert (answer.status, await answer.read(), followed) == (503, b"", [])
        answered.set()
        await inbound.close()

    assert followed == ["done"]


async def test_a_mistake_of_ours_is_a_plain_500_and_logged_without_what_it_said(
    replica: Replica, log: io.StringIO
) -> None:
    async def receive(body: bytes) -> Ack:
        raise RuntimeError(body)

    async with door(replica, receive) as (_, url):
        body = payloads.body("block_actions_message")
        async with replica.http.post(url, data=body, headers=replica.signed(body)) as answer:
            assert (answer.status, await answer.read()) == (500, b"")

    (event,) = events(log)
    assert (event["event"], event["error"], event["path"]) == ("request_failed", "RuntimeError", "/slack/events")
    assert event["where"].endswith(" receive") and "block_actions" not in log.getvalue()


async def test_a_wrong_path_or_method_beside_agents_api_is_refused_as_each_door_does(replica: Replica) -> None:
    """Slack's own route answers plainly; every other path, known or unknown, with a problem."""
    async with door(replica, replica.receiver.receive, middlewares=[problem_details_except(PATH)]) as (_, url):
        answers = []
        for at in (url, f"{url}s", url.replace(PATH, "/")):
            async with replica.http.get(at) as answer:
                answers.append((answer.status, answer.content_type))

    assert answers == [(405, "text/plain"), (404, "application/problem+json"), (404, "application/problem+json")]


@asynccontextmanager
async def door(
    replica: Replica, receive: Callable[[bytes], Awaitable[Ack]], **options: Any
) -> AsyncIterator[tuple[Inbound, str]]:
    """Another route of this replica's secrets, before another receiver."""
    inbound = Inbound(secrets=replica.secrets, receive=receive, limiter=ConnectionLimiter(max_connections=10))
    web_app = web.Application(**options)
    web_app.add_routes([web.post(PATH, inbound.handle)])
    async with TestServer(web_app) as server:
        yield inbound, str(server.make_url(PATH))


async def test_the_first_signed_click_of_a_workspace_is_noted_whatever_its_verdict(
    replica: Replica, second: Replica, question: Interaction
) -> None:
    """So that an operator is told of a workspace whose clicks never arrive."""

    async def noted() -> list[Any]:
        return [row["first_click_at"] for row in await replica.db.fetch("select first_click_at from connections")]

    await replica.send_click(replica.payload(question, user="U0BOB") | {"team": {"id": "T0OTHER"}})
    await replica.send(payloads.form(replica.payload(question)), {})
    await replica.send(b"ssl_check=1")
    assert await noted() == [None], "not of this workspace, not signed, no click"

    await replica.send_click(replica.payload(question, user="U0BOB"))
    assert await replica.verdicts() == ["not_yours"]
    (first,) = await noted()
    assert first is not None
    await second.send_click(second.payload(question))
    assert await noted() == [first]


async def test_a_click_that_cannot_be_noted_is_no_mistake_and_the_next_one_is_noted(
    replica: Replica, question: Interaction, dsn: str, log: io.StringIO
) -> None:
    async def clicked() -> None:
        ack = await replica.receiver.receive(replica.payload(question))
        assert ack.then is not None
        await ack.then()

    other = await asyncpg.connect(dsn)
    async with other.transaction():
        await other.execute("lock table connections in share mode")
        click = asyncio.create_task(clicked())
        ended = await until(lambda: replica.db.fetch(TERMINATE), bool)
        await click
    assert len(ended) == 1
    await other.close()
    assert await replica.db.fetch("select from connections where first_click_at is not null") == []

    await clicked()

    assert len(await replica.db.fetch("select from connections where first_click_at is not null")) == 1
    assert "aftermath_failed" not in log.getvalue()
