"""Where a replica listens: its doors at one address, and its metrics at another, which no balancer shows to anybody."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from aiohttp import web

from bridge import scrape
from bridge.config import Settings
from bridge.scrape import Scrape

DRAIN_SECONDS = 10.0  # for answers in hand


class CannotListen(Exception):
    """An address is not to be had; the cause says why. `setting` is what the names of its two settings begin with."""

    def __init__(self, *, host: str, port: int, setting: str) -> None:
        super().__init__(setting)
        self.host, self.port, self.setting = host, port, setting


@contextlib.asynccontextmanager
async def doors(web_app: web.Application, settings: Settings) -> AsyncIterator[str]:
    """Serve agents and people; where. Raises CannotListen."""
    async with _listening(web_app, host=settings.host, port=settings.port, setting="ASKBRIDGE_") as url:
        yield url


@contextlib.asynccontextmanager
async def metrics(shown: Scrape, settings: Settings) -> AsyncIterator[str | None]:
    """Serve the metrics, if they are wanted; where. Unwanted, they cost their counting. Raises CannotListen."""
    if settings.metrics_port is None:
        yield None
        return
    web_app = web.Application()
    web_app.add_routes(shown.routes())
    host, port = settings.metrics_host, settings.metrics_port
    async with _listening(web_app, host=host, port=port, setting="ASKBRIDGE_METRICS_") as url:
        lag = asyncio.create_task(shown.measure_lag(), name="lag")
        try:
            yield f"{url}{scrape.PATH}"
        finally:
            lag.cancel()


@contextlib.asynccontextmanager
async def _listening(web_app: web.Application, *, host: str, port: int, setting: str) -> AsyncIterator[str]:
    # Bodies come as they are: a compressed one is refused in words, before anything is inflated.
    web_runner = web.AppRunner(
        web_app, access_log=None, shutdown_timeout=DRAIN_SECONDS, auto_decompress=False, handler_cancellation=False
    )
    await web_runner.setup()
    try:
        site = web.TCPSite(web_runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise CannotListen(host=host, port=port, setting=setting) from error
        host, port = web_runner.addresses[0][:2]
        yield f"http://{f'[{host}]' if ':' in host else host}:{port}"
    finally:
        await web_runner.cleanup()
