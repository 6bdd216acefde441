"""Tell other replicas what changed here, and hear what changed there, within milliseconds on a good day.

Only a hint either way: `watch` finds by itself what no notice told of.
"""

import asyncio

from bridge.logs import Log
from bridge.metrics import Metrics
from bridge.wake import Wake
from storage import errors, notices
from storage.notices import Notices, Pair

_log = Log("fanout")

COALESCE_SECONDS = 0.02  # every notice makes the commits of the whole server wait for a moment
PROBE_SECONDS = 5.0  # how long a connection may be silent before it is asked whether it is still there
_AGAIN_SECONDS = 1.0  # between two tries to connect, however much there is to tell
_MOST_TOLD = 1_000  # more at once is told as "everything"
_EVERYTHING_SECONDS = 1.0  # between two of those heard: whoever may connect may tell it, and it has all waiters look


class Fanout:
    """This replica's ear and mouth. Its step keeps the connection, and tells what is to be told."""

    def __init__(self, *, dsn: str, wake: Wake, metrics: Metrics | None = None) -> None:
        self._dsn = dsn
        self._wake = wake
        self._metrics = metrics or Metrics()
        self._notices: Notices | None = None
        self._lost = False
        self._used_at = self._told_at = self._looked_at = float("-inf")
        self._looking: asyncio.TimerHandle | None = None

    async def step(self) -> int:
        """Connect if need be, and tell what changed here since the last step; how much that was.

        Without a connection nothing is told, and nothing fails: whoever waits elsewhere looks by itself.
        """
        clock = asyncio.get_running_loop().time
        untold: list[Pair] = []
        try:
            connection = await self._connected()
            await asyncio.sleep(self._told_at + COALESCE_SECONDS - clock())
            if untold := self._wake.take_untold():
                await connection.send(untold if len(untold) <= _MOST_TOLD else [])
                self._metrics.hints_told(len(untold))
                self._told_at = self._used_at = clock()
            elif clock() - self._used_at >= PROBE_SECONDS / 2:  # half: the runner's interval is jittered
                await connection.probe()
                self._used_at = clock()
        except errors.Unavailable as error:
            self._metrics.hints_lost(len(untold))
            await self._without(error)
            return 0
        return len(untold)

    async def close(self) -> None:
        """Hear nothing any more."""
        if self._looking is not None:
            self._looking.cancel()
        if self._notices is not None:
            await self._notices.close()

    async def _connected(self) -> Notices:
        if self._notices is None or self._notices.closed:
            self._notices = await notices.listen(self._dsn, self._hear, gone=self._wake.fanout.set)
            self._wake.missed()  # whatever was told in between
            self._lost = False
            _log.info("notices_heard")
        return self._notices

    async def _without(self, error: errors.Unavailable) -> None:
        if not self._lost:
            _log.warning("notices_lost", cause=error.cause)
        self._lost = True
        self._metrics.hints_lost(len(self._wake.take_untold()))  # or they would grow for as long as this lasts
        await asyncio.sleep(_AGAIN_SECONDS)

    def _hear(self, pairs: list[Pair] | None) -> None:
        self._metrics.hints_heard(1 if pairs is None else len(pairs))
        if pairs is None and self._looking is None:
            at = self._looked_at + _EVERYTHING_SECONDS
            self._looking = asyncio.get_running_loop().call_at(at, self._look_at_everything)
        for organization_id, interaction_id in pairs or []:
            self._wake.heard(organization_id, interaction_id)

    def _look_at_everything(self) -> None:
        self._looking, self._looked_at = None, asyncio.get_running_loop().time()
        self._wake.missed()
