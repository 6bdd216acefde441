"""The sandbox as an HTTP server: assembles its parts, starts and stops them."""

import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from sandbox.slack import page, seed
from sandbox.slack.changes import Changes
from sandbox.slack.clicks import Clicks
from sandbox.slack.control.apps import Apps
from sandbox.slack.control.click_routes import ClickRoutes
from sandbox.slack.control.fault_routes import FaultRoutes
from sandbox.slack.control.messages import MessageRoutes
from sandbox.slack.control.opened_views import OpenedViews
from sandbox.slack.control.view_routes import ViewRoutes
from sandbox.slack.control.watch import Watch
from sandbox.slack.control.workspaces import Workspaces
from sandbox.slack.delivery import Delivery
from sandbox.slack.faults import Faults
from sandbox.slack.guard import guard
from sandbox.slack.kept_messages import KeptMessages
from sandbox.slack.ratelimit import RateLimits
from sandbox.slack.requests import Record, Request
from sandbox.slack.response_urls import ResponseUrls
from sandbox.slack.views.stacks import Views
from sandbox.slack.views.submissions import Submissions
from sandbox.slack.webapi import WebApi

HOST = "127.0.0.1"
MAX_BODY = 4 * 1024 * 1024
MAX_REQUEST_LINE = 1024 * 1024  # Slack's own client sends whole views in the query of blocks.validate
STOPPING = 0.2  # seconds for requests in progress at a stop; long polls end at once


class Sandbox:
    """A fake Slack on this machine's loopback: `async with Sandbox(port=0) as slack:`.

    Raises `seed.SeedError` for a seed file that describes no possible world. With `messages` the messages are kept in
    that file, and those that it holds are there from the start; raises `kept_messages.DamagedError` if it is damaged.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        seed_file: Path = seed.BUILT_IN,
        bot_token: str | None = None,
        signing_secret: str | None = None,
        request_urls: tuple[str, ...] = (),
        ack_limit: float = 3.0,
        posting_limit: bool = True,
        static: Path = page.STATIC,
        clock: Callable[[], float] = time.time,
        messages: Path | None = None,
    ) -> None:
        self._port = port
        self.changes = Changes()
        start = seed.read(
            seed_file, bot_token=bot_token, signing_secret=signing_secret, now=clock, changed=self.changes.bump
        )
        self.world = start.world
        self._kept = KeptMessages(messages, self.world) if messages is not None else None
        self.faults = Faults(changed=self.changes.bump)
        self.delivery = Delivery(ack_limit=ack_limit)
        self.delivery.request_urls.update(start.request_urls)
        if request_urls:
            self.delivery.request_urls[self.world.app.id] = request_urls
        self._record = Record()
        self.response_urls = ResponseUrls(world=self.world, faults=self.faults, now=clock)
        self.views = Views(world=self.world, now=clock, changed=self.changes.bump)
        self._static = static
        self._rate_limits = RateLimits(now=clock) if posting_limit else None
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._port}"

    @property
    def api_url(self) -> str:
        """The base URL for a Slack client."""
        return f"{self.url}/api/"

    @property
    def requests(self) -> list[Request]:
        """The latest Web API calls, oldest first, without their tokens."""
        return list(self._record.requests)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start listening; afterwards `url` has the real port. Raises OSError when the port is in use."""
        try:
            await self.delivery.open()
            self._runner = web.AppRunner(
                self.app(), shutdown_timeout=STOPPING, access_log=None, max_line_size=MAX_REQUEST_LINE
            )
            await self._runner.setup()
            await web.TCPSite(self._runner, HOST, self._port).start()
        except BaseException:
            await self.stop()
            raise
        self._port = self._runner.addresses[0][1]
        self.world.origin = self.url

    async def stop(self) -> None:
        """Stop listening, end long polls, and finish or cut requests in progress. Safe to call twice."""
        self.changes.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        await self.delivery.close()
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def app(self) -> web.Application:
        """Return the application with all routes, which `start` serves."""
        clicks = Clicks(
            world=self.world,
            faults=self.faults,
            response_urls=self.response_urls,
            triggers=self.views.triggers,
            delivery=self.delivery,
            origin=lambda: self.url,
            changed=self.changes.bump,
        )
        submissions = Submissions(
            world=self.world,
            views=self.views,
            faults=self.faults,
            response_urls=self.response_urls,
            delivery=self.delivery,
            origin=lambda: self.url,
        )
        opened_views = OpenedViews(world=self.world, views=self.views, changes=self.changes)
        app = web.Application(middlewares=[guard], client_max_size=MAX_BODY)
        app.add_routes(
            [
                *WebApi(
                    world=self.world,
                    faults=self.faults,
                    record=self._record,
                    rate_limits=self._rate_limits,
                    views=self.views,
                ).routes(),
                *self.response_urls.routes(),
                *MessageRoutes(world=self.world).routes(),
                *Watch(world=self.world, changes=self.changes, record=self._record, delivery=self.delivery).routes(),
                *ClickRoutes(clicks=clicks, opened_views=opened_views).routes(),
                *ViewRoutes(
                    world=self.world, views=self.views, submissions=submissions, opened_views=opened_views
                ).routes(),
                *Workspaces(world=self.world).routes(),
                *Apps(world=self.world, delivery=self.delivery).routes(),
                *FaultRoutes(faults=self.faults).routes(),
                *page.Page(folder=self._static).routes(),
            ]
        )
        return app
