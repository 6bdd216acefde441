"""The life of one replica: opened, built, run until it is told to stop, and stopped without losing work in progress."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bridge.http_connection import ConnectionFaults
from bridge.logs import Log
from bridge.loops import acknowledgements, runner
from bridge.loops.runner import Loop
from bridge.server import abandoned, fd_limit, listeners, resources, startup_log
from bridge.server.config import Settings
from bridge.server.replica import Replica, build
from storage import errors

_log = Log("app")


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where a replica answers."""

    url: str
    metrics_url: str | None  # None: metrics are off


async def serve(settings: Settings, *, on_ready: Callable[[Addresses], None] | None = None) -> None:
    """Run one replica until SIGTERM or SIGINT; `on_ready` is called with its addresses once it answers.

    Waits for a database that cannot be reached yet, and logs that it waits. Raises NotMigrated, SchemaTooNew,
    NotDirect, WrongEncoding and listeners.CannotListen.
    """
    database = settings.database_connections + settings.claim_connections
    allotment = fd_limit.allot(fd_limit.raised(), database=database)
    startup_log.starting(settings, allotment)
    asyncio.get_running_loop().set_exception_handler(abandoned.handle)
    stopping = asyncio.Event()
    with _signals(stopping):
        async with resources.opened(settings, stopping) as opened:
            if opened is None:
                return
            await startup_log.log_database(opened.db)
            await run(build(settings, opened, allotment), stopping, on_ready=on_ready)


async def run(
    replica: Replica,
    stopping: asyncio.Event,
    *,
    loops: Sequence[Loop] | None = None,
    on_ready: Callable[[Addresses], None] | None = None,
) -> None:
    """Listen, and run all loops of the replica or only the given ones, until `stopping` is set; then stop in order.

    Raises listeners.CannotListen, and an ExceptionGroup if a loop ends before `stopping` is set.
    """
    # The metrics are served first and last, so that Prometheus can watch the start and the stop.
    faults = ConnectionFaults(replica.state.metrics)
    async with (
        listeners.metrics(replica.metrics_endpoint, replica.settings, faults) as metrics_url,
        listeners.public(replica.web_app, replica.settings, replica.parts.limiter, faults) as url,
        asyncio.TaskGroup() as group,
    ):
        started = replica.loops if loops is None else loops
        tasks = [group.create_task(_forever(loop, stopping), name=loop.name) for loop in started]
        _log.info("replica_started", url=url, metrics_url=metrics_url)
        if on_ready is not None:
            on_ready(Addresses(url=url, metrics_url=metrics_url))
        await stopping.wait()
        _log.info("stop_requested")
        await _stop_work(replica, tasks)
    # Only now no more clicks can arrive. What follows the last clicks is still to be done.
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(_finish_clicks(replica), timeout=listeners.DRAIN_SECONDS)
    with contextlib.suppress(errors.Unavailable):
        await acknowledgements.write(replica.resources.db, replica.state.notifier)  # of the last responses
    _log.info("replica_stopped")


async def _stop_work(replica: Replica, tasks: Sequence[asyncio.Task[None]]) -> None:
    """End waiting requests and streams, then the loops, then deliveries in flight; the last two share DRAIN_SECONDS."""
    replica.state.notifier.close()
    replica.parts.streams.close()
    clock = asyncio.get_running_loop().time
    deadline = clock() + listeners.DRAIN_SECONDS
    if tasks:
        await asyncio.wait(tasks, timeout=listeners.DRAIN_SECONDS)
    for task in tasks:
        task.cancel()
    await replica.parts.deliveries.close(seconds=max(0.0, deadline - clock()))
    await replica.parts.fanout.close()


async def _finish_clicks(replica: Replica) -> None:
    """Finish what follows the last clicks, and replace their cards if no edit of them succeeded yet."""
    await replica.parts.inbound.close()
    await replica.parts.card_fallback.close()


async def _forever(loop: Loop, stopping: asyncio.Event) -> None:
    await runner.run(loop, stopping)
    if not stopping.is_set():
        raise RuntimeError(f"the loop {loop.name} ended")


@contextlib.contextmanager
def _signals(stopping: asyncio.Event) -> Iterator[None]:
    """Set `stopping` on SIGTERM and SIGINT."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
