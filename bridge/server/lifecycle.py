"""The life of one replica: opened, built, run until it is told to stop, and stopped without losing work in progress."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bridge.http_connection import ConnectionFaults
from bridge.logs import Log
from bridge.loops import acknowledgements, runner
from bridge.loops.runner import Loop
from bridge.server import abandoned, fd_limit, listeners, resources, startup_log, stopping
from bridge.server.assembly import SharedState
from bridge.server.config import Settings
from bridge.server.replica import Replica, build
from storage import errors

_log = Log("app")

# Seconds after the port closed. The default of ASKBRIDGE_DRAIN_SECONDS, and what docs/operations.md asks of containers,
# leave so much time; the rest of it belongs to the requests in progress (listeners.REQUEST_SECONDS).
STOP_SECONDS = 15.0
_WORK_SECONDS = 10.0  # of these for loops and deliveries: a call to Slack takes no longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where a replica answers."""

    url: str
    metrics_url: str | None  # None: metrics are off


async def serve(settings: Settings, *, on_ready: Callable[[Addresses], None] | None = None) -> None:
    """Run one replica until SIGTERM or SIGINT and the drain after it; `on_ready` gets its addresses once it answers.

    Waits for a database that cannot be reached yet, and logs that it waits. Raises NotMigrated, SchemaTooNew,
    NotDirect, WrongEncoding and listeners.CannotListen.
    """
    database = settings.database_connections + settings.claim_connections
    allotment = fd_limit.allot(fd_limit.raised(), database=database)
    startup_log.starting(settings, allotment)
    asyncio.get_running_loop().set_exception_handler(abandoned.handle)
    state = SharedState()
    with stopping.signals(state.stopping):
        async with resources.opened(settings, state.stopping.requested) as opened:
            if opened is None:
                return
            await startup_log.log_database(opened.db)
            await run(build(settings, opened, allotment, state=state), on_ready=on_ready)


async def run(
    replica: Replica,
    *,
    loops: Sequence[Loop] | None = None,
    on_ready: Callable[[Addresses], None] | None = None,
) -> None:
    """Listen, and run all loops of the replica or only the given ones, until it is to stop; then stop in order.

    Everything is served while the replica drains. Then the port closes, waiting requests, streams and loops end, and
    connections that are idle are closed last: a balancer may use them until then.
    Raises listeners.CannotListen, and an ExceptionGroup if a loop ends before the drain is over.
    """
    settings, stop = replica.settings, replica.state.stopping
    drained = asyncio.Event()
    # The metrics are served first and last, so that Prometheus can watch the start and the stop.
    faults = ConnectionFaults(replica.state.metrics)
    async with (
        listeners.metrics(replica.metrics_endpoint, settings, faults) as metrics_url,
        listeners.public(replica.web_app, settings, replica.parts.limiter, faults) as listener,
        asyncio.TaskGroup() as group,
    ):
        started = replica.loops if loops is None else loops
        tasks = [group.create_task(_forever(loop, drained), name=loop.name) for loop in started]
        _log.info("replica_started", url=listener.url, metrics_url=metrics_url)
        if on_ready is not None:
            on_ready(Addresses(url=listener.url, metrics_url=metrics_url))
        await stop.requested.wait()
        seconds = 0 if stop.hurried.is_set() else settings.drain_seconds
        _log.info("stop_requested", seconds=seconds)
        await stop.drain(seconds)
        await listener.close()
        _log.info("port_closed")
        drained.set()
        deadline = asyncio.get_running_loop().time() + STOP_SECONDS
        await _stop_work(replica, tasks)
    # Only now no more clicks can arrive. What follows the last clicks is still to be done.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout_at(deadline):
            await _finish_clicks(replica)
    with contextlib.suppress(errors.Unavailable):
        await acknowledgements.write(replica.resources.db, replica.state.notifier)  # of the last responses
    _log.info("replica_stopped")


async def _stop_work(replica: Replica, tasks: Sequence[asyncio.Task[None]]) -> None:
    """End waiting requests and streams, then the loops, then deliveries in flight; the last two share _WORK_SECONDS."""
    replica.state.notifier.close()
    replica.parts.streams.close()
    clock = asyncio.get_running_loop().time
    deadline = clock() + _WORK_SECONDS
    if tasks:
        await asyncio.wait(tasks, timeout=_WORK_SECONDS)
    for task in tasks:
        task.cancel()
    await replica.parts.deliveries.close(seconds=max(0.0, deadline - clock()))
    await replica.parts.fanout.close()


async def _finish_clicks(replica: Replica) -> None:
    """Finish what follows the last clicks and edits, and replace cards of which no edit succeeded yet."""
    await replica.parts.inbound.close()
    await replica.parts.card_fallback.close()
    await replica.parts.form_notices.close()


async def _forever(loop: Loop, drained: asyncio.Event) -> None:
    await runner.run(loop, drained)
    if not drained.is_set():
        raise RuntimeError(f"the loop {loop.name} ended")
