"""A click among more connections than the limit: once its signature is verified, its connection stays open."""

import asyncio
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import asyncpg
from aiohttp import web

from bridge.connection_limit import ConnectionLimiter
from bridge.server import listeners
from bridge.slack.inbound import PATH, Inbound
from tests import payloads
from tests.bridge.replica import Replica
from tests.bridge.server.test_startup_log import settings
from tests.storage import build
from tests.waiting import until


async def test_the_connection_of_a_click_being_decided_is_not_closed_for_others(replica: Replica, dsn: str) -> None:
    limiter = ConnectionLimiter(max_connections=2)
    inbound = Inbound(secrets=replica.secrets, receive=replica.receiver.receive, limiter=limiter)
    web_app = web.Application(middlewares=[limiter.attend])
    web_app.add_routes([web.post(PATH, inbound.handle)])
    question = await build.question(replica.db, replica.tenant)
    body = payloads.form(replica.payload(question))
    other = await asyncpg.connect(dsn)
    async with AsyncExitStack() as stack, listeners.public(web_app, settings(port=0), limiter) as listener:
        async with other.transaction():
            await other.execute("select from interactions for update")
            click = asyncio.create_task(
                replica.http.post(f"{listener.url}{PATH}", data=body, headers=replica.signed(body))
            )
            waiting = "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
            await until(lambda: replica.db.fetch(waiting))
            parts = urlsplit(listener.url)
            for _ in range(4):
                reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
                writer.write(f"POST {PATH} HTTP/1.1\r\nHost: bridge\r\nContent-Length: 0\r\n\r\n".encode())
                assert b" 401 " in await reader.readline()
                stack.callback(writer.close)
        async with await click as answer:
            assert answer.status == 200
        await inbound.close()
    await other.close()
    assert await replica.verdicts() == ["won"] and limiter.kept_count == 0
