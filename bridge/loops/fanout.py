"""Notify other replicas of changes here, and receive their notices, usually within milliseconds.

A notice is only a hint: `watch` finds changes whose notice was lost.
"""

import asyncio

from bridge.logs import Log
from bridge.metrics import Metrics
from bridge.notifier import Notifier
from storage import errors, notices
from storage.notices import Notices, Pair

_log = Log("fanout")

COALESCE_SECONDS = 0.02  # between two notices: each briefly delays the commits of the whole server
PROBE_SECONDS = 5.0  # for which a connection may be silent before it is probed
_AGAIN_SECONDS = 1.0  # between two attempts to connect, however many changes are pending
_MAX_PAIRS = 1_000  # in one notice; more changes at once are sent as one notice about everything
# The least time between two reactions to a notice about everything: every client of the database can send one, and each
# makes all waiters read their rows.
EVERYTHING_SECONDS = 1.0


class Fanout:
    """Sends and receives the notices of one replica. Its step keeps the connection and sends the pending changes."""

    def __init__(
        self,
        *,
        dsn: str,
        notifier: Notifier,
        metrics: Metrics | None = None,
        probe_seconds: float = PROBE_SECONDS,
    ) -> None:
        self._probe_seconds = probe_seconds
        self._dsn = dsn
        self._notifier = notifier
        self._metrics = metrics or Metrics()
        self._notices: Notices | None = None
        self._lost = False
        self._used_at = self._notified_at = self._woke_all_at = float("-inf")
        self._waking: asyncio.TimerHandle | None = None

    async def step(self) -> int:
        """Connect if necessary, and notify of the changes here since the last step. Returns how many changes.

        Without a connection no notice is sent, and the step does not fail: waiters on other replicas poll anyway.
        """
        clock = asyncio.get_running_loop().time
        changed: list[Pair] = []
        try:
            connection = await self._connected()
            await asyncio.sleep(self._notified_at + COALESCE_SECONDS - clock())
            if changed := self._notifier.drain():
                await connection.send(changed if len(changed) <= _MAX_PAIRS else [])
                self._metrics.hints_sent(len(changed))
                self._notified_at = self._used_at = clock()
            elif clock() - self._used_at >= self._probe_seconds / 2:  # half: the runner's interval is jittered
                await connection.probe()
                self._used_at = clock()
        except errors.Unavailable as error:
            self._metrics.hints_lost(len(changed))
            await self._disconnected(error)
            return 0
        return len(changed)

    async def close(self) -> None:
        """Stop receiving notices."""
        if self._waking is not None:
            self._waking.cancel()
        if self._notices is not None:
            await self._notices.close()

    async def _connected(self) -> Notices:
        if self._notices is None or self._notices.closed:
            self._notices = await notices.listen(self._dsn, self._received, gone=self._notifier.fanout.set)
            self._notifier.wake_all()  # the notices since the last connection were lost
            self._lost = False
            _log.info("notices_heard")
        return self._notices

    async def _disconnected(self, error: errors.Unavailable) -> None:
        if not self._lost:
            _log.warning("notices_lost", cause=error.cause)
        self._lost = True
        self._metrics.hints_lost(len(self._notifier.drain()))  # else they would accumulate until the next connection
        await asyncio.sleep(_AGAIN_SECONDS)

    def _received(self, pairs: list[Pair] | None) -> None:
        """Wake the waiters of these interactions; None: of all, which happens once in EVERYTHING_SECONDS."""
        self._metrics.hints_received(1 if pairs is None else len(pairs))
        if pairs is None and self._waking is None:
            at = self._woke_all_at + EVERYTHING_SECONDS
            self._waking = asyncio.get_running_loop().call_at(at, self._wake_all)
        for organization_id, interaction_id in pairs or []:
            self._notifier.on_remote_change(organization_id, interaction_id)

    def _wake_all(self) -> None:
        self._waking, self._woke_all_at = None, asyncio.get_running_loop().time()
        self._notifier.wake_all()
