"""`python -m bench.floors before|default`: the floor of a click, a bare Bolt app mounted as the bridge's is.

It verifies, routes and acks a click, and does nothing else. `before` runs Bolt with `process_before_response=True`,
`default` in Bolt's default mode. The app reads the signing secret from the environment and prints its address as one
line of JSON.
"""

import asyncio
import json
import os
import re
import signal
import sys

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bridge.slack.inbound import MAX_BYTES, PATH

SECRET = "BENCH_SIGNING_SECRET"  # noqa: S105  -- the name of a variable


async def _authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id)


async def _clicked(ack: AsyncAck) -> None:
    await ack()


def route(*, before: bool, secret: str) -> web.RouteDef:
    """The route of the bare app."""
    app = AsyncApp(signing_secret=secret, authorize=_authorize, process_before_response=before)
    app.action(re.compile(""))(_clicked)

    async def handle(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    return web.post(PATH, handle)


async def _healthz(_: web.Request) -> web.Response:
    return web.Response(text="ok")


async def _serve(*, before: bool, secret: str) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    web_app = web.Application(client_max_size=MAX_BYTES)
    web_app.add_routes([route(before=before, secret=secret), web.get("/readyz", _healthz)])
    runner = web.AppRunner(web_app, access_log=None, shutdown_timeout=1, auto_decompress=False)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(json.dumps({"url": f"http://127.0.0.1:{runner.addresses[0][1]}"}) + "\n")
    sys.stdout.flush()
    await stopping.wait()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(_serve(before=sys.argv[1] == "before", secret=os.environ[SECRET]))
