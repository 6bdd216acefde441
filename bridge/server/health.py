"""Health checks: whether the process runs (`/healthz`), and whether it can do its work (`/readyz`)."""

import asyncio
import functools
import json
from collections.abc import Sequence

from aiohttp import web

from bridge.loops.runner import Loop
from bridge.server.degraded import Degraded
from bridge.server.stopping import Stopping
from storage import errors, migrate
from storage.model import Json
from storage.pool import Database

DATABASE_SECONDS = 2.0  # for the database to answer; the callers of health checks do not wait much longer
_STUCK_SECONDS = 60.0  # without a successful pass of a loop


_dumps = functools.partial(json.dumps, ensure_ascii=False)  # people read it


class Health:
    """Checks the database with its schema, and every loop; names what is degraded, which stops no click."""

    def __init__(self, *, db: Database, loops: Sequence[Loop], stopping: Stopping, degraded: Degraded) -> None:
        self._db = db
        self._degraded = degraded
        self._loops = loops
        self._stopping = stopping

    def routes(self) -> list[web.RouteDef]:
        """The two routes, for a supervisor and a load balancer."""
        return [web.get("/healthz", self._healthz), web.get("/readyz", self._readyz)]

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _readyz(self, _: web.Request) -> web.Response:
        checks = {"database": await self._database(), "loops": self._passes()}
        if self._stopping.requested.is_set():
            checks["process"] = "is stopping"
        ready = all(result == "ok" for result in checks.values())
        body: Json = {"status": "ok" if ready else "not ready", "checks": checks}
        findings = self._degraded.of_this_replica()
        if checks["database"] == "ok":
            findings += await self._degraded.of_connections() or []
        if findings:
            body["degraded"] = findings
        return web.json_response(body, status=200 if ready else 503, dumps=_dumps)

    async def _database(self) -> str:
        try:
            await self._db.insist(migrate.check, seconds=DATABASE_SECONDS)
        except errors.Unavailable as error:
            return f"unavailable ({error.cause})"
        except errors.NotMigrated as error:
            return str(error)
        except errors.SchemaTooNew:
            # Only a start is refused. Migrations are compatible with the running release, and between the migration of
            # the next release and the start of its replicas only these replicas can take clicks.
            return "ok"
        return "ok"

    def _passes(self) -> str:
        now = asyncio.get_running_loop().time()
        stuck = [loop.name for loop in self._loops if loop.passed_at is None or now - loop.passed_at > _STUCK_SECONDS]
        return f"no successful pass lately: {', '.join(stuck)}" if stuck else "ok"
