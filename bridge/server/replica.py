"""One replica: its parts put together, started, kept running, and stopped without losing what is in hand."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import aiohttp
from aiohttp import web

import bridge
from bridge.agents import routes
from bridge.agents.events.streams import Streams
from bridge.agents.limits.open_requests import ConcurrencyLimiter
from bridge.connection_limit import ConnectionLimiter
from bridge.logs import Log
from bridge.loops import acknowledgements, expiry, numbering, runner, watch
from bridge.loops.cards import Cards
from bridge.loops.deliveries import Deliveries
from bridge.loops.fanout import PROBE_SECONDS, Fanout
from bridge.loops.retention import Retention
from bridge.loops.runner import Loop
from bridge.loops.serving import Serving
from bridge.loops.unacknowledged import Unacknowledged
from bridge.metrics import Metrics
from bridge.notifier import Notifier
from bridge.reader import Reader
from bridge.server import fd_limit, listeners, pools, startup_log
from bridge.server.config import Settings
from bridge.server.fd_limit import Allotment
from bridge.server.health import Health
from bridge.server.metrics_endpoint import MetricsEndpoint
from bridge.slack import client
from bridge.slack.clicks import Clicks
from bridge.slack.client import Client
from bridge.slack.connections import Installations
from bridge.slack.inbound import MOST_BYTES, PATH, Inbound
from bridge.slack.installation import Installation
from bridge.slack.message_cache import MessageCache
from bridge.slack.receive import Receiver
from bridge.webhooks.outgoing import Webhooks
from bridge.webhooks.sender import Sender
from storage import errors
from storage.pool import Database

_log = Log("app")

_CARD_WORKERS = 2  # so that one slow call to Slack does not keep every other card waiting

# Seconds between two looks of a loop that find nothing. Idle, a replica asks its database less than once a second:
# _CARD_WORKERS / 4 + 1 / 10 + 1 / 10 + 1 / 6 + 1 / 20 + 1 / 20 + 1 / 60 times. Most work comes with a wake; these are
# for what others left.
_CARDS_INTERVAL = 4.0
_DELIVERIES_INTERVAL = 6.0  # and only with a webhook key
_EXPIRY_INTERVAL = 10.0  # and when the next deadline passes
_NUMBERING_INTERVAL = 10.0  # as often as _STREAMS_INTERVAL while somebody streams
_STREAMS_INTERVAL = 1.0  # how late a stream hears of what no hint told of; asks only while one is open
_UNHEARD_INTERVAL = 20.0  # what nobody heard for two minutes can be said a little later
_SERVING_INTERVAL = 20.0  # three times while a claim holds; and once a minute it looks for what no replica serves
_HEARD_INTERVAL = 20.0  # asks nothing unless some agent was told an end, and then it is woken
_WATCH_INTERVAL = 1.0  # how late a request hears of an end that another replica wrote; asks only while one waits
_INSTALLATION_INTERVAL = 30.0  # asks Slack, not the database, and no more once it was told whose the token is
_RETENTION_INTERVAL = 600.0  # what is days old is in no hurry


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where a replica answers."""

    url: str
    metrics_url: str | None  # None: metrics are off


async def serve(settings: Settings, *, on_ready: Callable[[Addresses], None] | None = None) -> None:
    """Run one replica until SIGTERM or SIGINT; `on_ready` is told its addresses once it answers.

    Waits, and says so, for a database that is not there yet. Raises NotMigrated, SchemaTooNew, NotDirect and
    listening.CannotListen.
    """
    database = settings.database_connections + settings.claim_connections
    allotment = fd_limit.allot(fd_limit.raised(), database=database)
    startup_log.starting(settings, allotment)
    stopping = asyncio.Event()
    with _signals(stopping):
        async with AsyncExitStack() as stack:
            opened = await stack.enter_async_context(pools.opened(settings, stopping))
            if opened is None:
                return
            db, claims = opened
            await startup_log.log_database(db)
            http = await stack.enter_async_context(client.session())
            replies = await stack.enter_async_context(client.session(seconds=client.REPLY_SECONDS, most=20))
            agent = f"askbridge/{bridge.__version__}"
            sender = await stack.enter_async_context(contextlib.aclosing(Sender(settings.webhook_guard, agent=agent)))
            webhooks = Webhooks(keys=settings.webhook_keys, guard=settings.webhook_guard, sender=sender)
            await _run(
                settings,
                allotment,
                db=db,
                claims=claims,
                http=http,
                replies=replies,
                webhooks=webhooks,
                stopping=stopping,
                on_ready=on_ready,
            )


async def _run(
    settings: Settings,
    allotment: Allotment,
    *,
    db: Database,
    claims: Database,
    http: aiohttp.ClientSession,
    replies: aiohttp.ClientSession,
    webhooks: Webhooks,
    stopping: asyncio.Event,
    on_ready: Callable[[Addresses], None] | None,
) -> None:
    notifier, installations, message_cache, metrics = Notifier(), Installations(), MessageCache(), Metrics()
    reader = Reader(db=db, notifier=notifier, metrics=metrics)
    cards = Cards(
        db=db,
        reader=reader,
        installations=installations,
        message_cache=message_cache,
        notifier=notifier,
        metrics=metrics,
    )
    deliveries = Deliveries(db=db, reader=reader, notifier=notifier, webhooks=webhooks, metrics=metrics)
    fanout = Fanout(dsn=settings.direct_url, notifier=notifier, metrics=metrics)
    streams = Streams(db=db, reader=reader, notifier=notifier)
    serving = Serving(db=db, installations=installations, notifier=notifier)
    unacknowledged = Unacknowledged(db=db, notifier=notifier, metrics=metrics)
    loops = [
        *(
            Loop(name="cards", step=cards.step, interval=_CARDS_INTERVAL, wake=notifier.cards)
            for _ in range(_CARD_WORKERS)
        ),
        Loop(
            name="expiry",
            step=lambda: expiry.step(db, notifier, reader),
            interval=_EXPIRY_INTERVAL,
            wake=notifier.expiry,
        ),
        Loop(
            name="numbering",
            step=lambda: numbering.step(db, notifier),
            interval=_NUMBERING_INTERVAL,
            wake=notifier.numbering,
        ),
        Loop(name="streams", step=streams.step, interval=_STREAMS_INTERVAL),
        Loop(name="watch", step=lambda: watch.step(db, notifier), interval=_WATCH_INTERVAL),
        Loop(name="deliveries", step=deliveries.step, interval=_DELIVERIES_INTERVAL, wake=notifier.deliveries),
    ]
    health = Health(db=db, loops=loops, notifier=notifier)
    clicks = Clicks(
        claims=claims,
        db=db,
        reader=reader,
        message_cache=message_cache,
        notifier=notifier,
        replies=replies,
        metrics=metrics,
    )
    limiter = ConnectionLimiter(max_connections=allotment.connections)
    receiver = Receiver(api_url=settings.slack_api_url, clicks=clicks)
    inbound = Inbound(secrets=settings.signing_secrets, receive=receiver.receive, limiter=limiter, metrics=metrics)
    if settings.slack_bot_token is not None:
        token = settings.slack_bot_token.get_secret_value()
        installation = Installation(
            db=db,
            client=Client(token=token, api_url=settings.slack_api_url, http=http),
            installations=installations,
            app_id=settings.slack_app_id,
            organization=settings.organization,
            notifier=notifier,
        )
        loops.append(Loop(name="installation", step=installation.step, interval=_INSTALLATION_INTERVAL))
    # Not in health: a replica that loses hints, or cannot forget what is old, can take clicks all the same.
    aside = [
        Loop(name="fanout", step=fanout.step, interval=PROBE_SECONDS, wake=notifier.fanout),
        Loop(
            name="heard",
            step=lambda: acknowledgements.step(db, notifier),
            interval=_HEARD_INTERVAL,
            wake=notifier.acknowledgements,
        ),
        Loop(name="unheard", step=unacknowledged.step, interval=_UNHEARD_INTERVAL),
        Loop(name="serving", step=serving.step, interval=_SERVING_INTERVAL, wake=notifier.serving),
    ]
    if settings.retention_days:
        retention = Retention(db=db, days=settings.retention_days)
        aside.append(Loop(name="retention", step=retention.step, interval=_RETENTION_INTERVAL))
    web_app = web.Application(middlewares=[limiter.attend, routes.in_words_besides(PATH)], client_max_size=MOST_BYTES)
    limits = settings.limits
    agents = routes.routes(
        db=db,
        reader=reader,
        notifier=notifier,
        streams=streams,
        concurrency=ConcurrencyLimiter(each=limits.open_requests, most=allotment.open_requests, limiter=limiter),
        webhooks=webhooks,
        limits=limits,
        metrics=metrics,
    )
    web_app.add_routes([web.post(PATH, inbound.handle), *agents, *health.routes()])
    scrape = MetricsEndpoint(
        metrics=metrics,
        pools={"replica": db, "claims": claims},
        loops=[*loops, *aside],
        notifier=notifier,
        streams=streams,
        served=lambda: installations.served,
    )
    # The metrics are there first and last, so that what happens in between can be watched.
    async with (
        listeners.metrics(scrape, settings) as metrics_url,
        listeners.public(web_app, settings, limiter) as url,
        asyncio.TaskGroup() as group,
    ):
        running = [group.create_task(_forever(loop, stopping), name=loop.name) for loop in [*loops, *aside]]
        _log.info("replica_started", url=url, metrics_url=metrics_url)
        if on_ready is not None:
            on_ready(Addresses(url=url, metrics_url=metrics_url))
        await stopping.wait()
        _log.info("stop_requested")
        notifier.close()
        streams.close()
        clock = asyncio.get_running_loop()
        until = clock.time() + listeners.DRAIN_SECONDS
        await asyncio.wait(running, timeout=listeners.DRAIN_SECONDS)
        for task in running:
            task.cancel()
        await deliveries.close(seconds=max(0.0, until - clock.time()))
        await fanout.close()
    # Only now no click can come any more; what follows the last ones is still to be done.
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(inbound.close(), timeout=listeners.DRAIN_SECONDS)
    with contextlib.suppress(errors.Unavailable):
        await acknowledgements.write(db, notifier)  # what the last requests were answered
    _log.info("replica_stopped")


async def _forever(loop: Loop, stopping: asyncio.Event) -> None:
    await runner.run(loop, stopping)
    if not stopping.is_set():
        raise RuntimeError(f"the loop {loop.name} ended")


@contextlib.contextmanager
def _signals(stopping: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
