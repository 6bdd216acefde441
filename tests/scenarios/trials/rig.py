"""A rig for trials: the sandbox Slack and replicas of one or two releases, as processes, on one database."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bridge.things.registry import NOUNS
from sandbox import processes
from sandbox.children import Child, ChildFailed
from sandbox.slack import signing
from tests.draining import AT_ONCE
from tests.waiting import until

TEAM, APP = "T0TRIAL", "A0ASKBRIDGE"
PEOPLE = ["U0ANA1", "U0BOB1", "U0CHO1", "U0DAN1"]
CHANNELS = 64  # the bridge posts one message a second into each
READY_SECONDS = 30.0
_FAR = "1000000"


@dataclass(frozen=True, kw_only=True)
class Release:
    """A release by its name, its `askbridge` command, and the nouns of things that it knows."""

    name: str
    command: Path
    nouns: frozenset[str] = frozenset(NOUNS)

    async def run(self, *arguments: str, dsn: str) -> tuple[int, str, str]:
        """Run one command until it ends; return its exit status, stdout and stderr."""
        process = await asyncio.create_subprocess_exec(
            self.command,
            *arguments,
            env=self.environment({"ASKBRIDGE_DATABASE_URL": dsn}),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()

    def environment(self, settings: dict[str, str]) -> dict[str, str]:
        """The machine's variables without those of another bridge or of proxies, and these settings.

        What tells Python where modules are is of this release: with it, another one would run this one's.
        """
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("ASKBRIDGE_")
            and not name.lower().endswith("_proxy")
            and (self is THIS or not name.startswith("PYTHON"))
        }
        return {**inherited, **AT_ONCE, **settings}


THIS = Release(name="this", command=Path(sys.executable).with_name("askbridge"))


@dataclass(kw_only=True)
class ReplicaProcess:
    """One replica, which can be killed, stopped for a while, and started again at its old address."""

    name: str
    release: Release
    settings: dict[str, str]
    log: Path
    url: str = ""
    up: bool = False
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start the process, and return when it answers /readyz with 200; raises ChildFailed."""
        port = self.url.rpartition(":")[2] or "0"
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(self.release.command, "serve", "--json"),
                env=self.release.environment(self.settings | {"ASKBRIDGE_PORT": port}),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                preexec_fn=processes.dies_with_parent(signal.SIGTERM),
            )
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), READY_SECONDS)
        if not line:
            raise ChildFailed(f"{self.name} ended instead of starting; see {self.log}.")
        self.url = json.loads(line)["url"]
        await self._answers()
        self.up = True

    async def _answers(self) -> None:
        async with aiohttp.ClientSession() as http:

            async def is_ready() -> bool:
                with contextlib.suppress(aiohttp.ClientError):
                    async with http.get(f"{self.url}/readyz") as response:
                        return response.status == 200
                return False

            await until(is_ready, within=READY_SECONDS)

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, number)

    async def kill(self) -> None:
        """End the process with SIGKILL, and return when it has ended."""
        assert self.process is not None
        self.up = False
        self.signal(signal.SIGKILL)
        await self.process.wait()

    async def stop(self) -> None:
        """End the process with SIGTERM, or with SIGKILL when that takes more than 30 s."""
        if self.process is None or self.process.returncode is not None:
            return
        self.up = False
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.process.wait(), 30)
        except TimeoutError:
            await self.kill()


@dataclass(kw_only=True)
class Rig:
    """The sandbox with a workspace of many channels, and the replicas that were started."""

    dsn: str
    folder: Path
    http: aiohttp.ClientSession
    slack: dict[str, Any]
    settings: dict[str, str]
    channels: list[str]
    replicas: list[ReplicaProcess] = field(default_factory=list)
    key: str = ""

    async def add(self, release: Release, *, number: int) -> list[ReplicaProcess]:
        """Start `number` replicas; the first call also makes an organization and a key."""
        added = [
            ReplicaProcess(
                name=f"{release.name}-{one}",
                release=release,
                settings=self.settings,
                log=self.folder / f"{release.name}-{one}.log",
            )
            for one in range(number)
        ]
        self.replicas += added
        await asyncio.gather(*(replica.start() for replica in added))
        if not self.key:
            self.key = await self._key(release)
        return added

    async def _key(self, release: Release) -> str:
        status, out, err = await release.run("keys", "create", "trial-agent", "--json", dsn=self.dsn)
        if status != 0:
            raise ChildFailed(err)
        key: str = json.loads(out)["key"]
        return key

    async def call(
        self,
        replica: ReplicaProcess,
        method: str,
        path: str,
        *,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Send one request of the agent; raises aiohttp.ClientError and TimeoutError."""
        key = {"Authorization": f"Bearer {self.key}"}
        async with self.http.request(
            method, replica.url + path, json=body, headers={**key, **(headers or {})}
        ) as answer:
            return answer.status, json.loads(await answer.read() or b"{}")

    async def sandbox(self, method: str, path: str, body: Any = None) -> Any:
        """Send one request to the sandbox's control API; raises ChildFailed unless the status is 200."""
        async with self.http.request(method, f"{self.slack['slack_url']}/sandbox{path}", json=body) as answer:
            response = await answer.json()
            if answer.status != 200:
                raise ChildFailed(f"{method} {path}: {response}")
            return response

    async def envelope(self, replica: ReplicaProcess, body: bytes) -> int:
        """Send exactly this body as a signed request of Slack; return the status of the response."""
        headers = signing.headers(secret=self.slack["signing_secret"], timestamp=int(time.time()), body=body)
        async with self.http.post(f"{replica.url}/slack/events", data=body, headers=headers) as answer:
            await answer.read()
            return answer.status


@contextlib.asynccontextmanager
async def running(
    dsn: str,
    folder: Path,
    *,
    seconds: float = 10.0,
    settings: dict[str, str] | None = None,
    people: Sequence[str] = PEOPLE,
) -> AsyncIterator[Rig]:
    """A rig without replicas; a request of the agent takes at most `seconds`. All its processes end with it."""
    with (folder / "slack.log").open("ab") as log:
        child = Child("the sandbox Slack", "sandbox.slack", log=log)
        connector = aiohttp.TCPConnector(limit=0)
        timeout = aiohttp.ClientTimeout(total=seconds)
        async with child, aiohttp.ClientSession(connector=connector, timeout=timeout) as http:
            await child.ready()
            channels = [f"C0TRIAL{number:03}" for number in range(CHANNELS)]
            rig = Rig(dsn=dsn, folder=folder, http=http, slack=child.ready_info, settings={}, channels=channels)
            token = await _workspace(rig, people)
            rig.settings = _settings(rig, token) | (settings or {})
            try:
                yield rig
            finally:
                await asyncio.gather(*(replica.stop() for replica in rig.replicas))


def _settings(rig: Rig, token: str) -> dict[str, str]:
    return {
        "ASKBRIDGE_DATABASE_URL": rig.dsn,
        "ASKBRIDGE_SLACK_BOT_TOKEN": token,
        "ASKBRIDGE_SLACK_SIGNING_SECRET": rig.slack["signing_secret"],
        "ASKBRIDGE_SLACK_API_URL": f"{rig.slack['slack_url']}/api/",
        "ASKBRIDGE_WEBHOOK_KEY": "0123456789abcdef0123456789abcdef",
        "ASKBRIDGE_WEBHOOK_ALLOW_NETS": "127.0.0.0/8,::1/128",
        "ASKBRIDGE_LOG": "json",
        "ASKBRIDGE_REQUESTS_PER_SECOND": _FAR,
        "ASKBRIDGE_REQUEST_BURST": _FAR,
        "ASKBRIDGE_PENDING_QUESTIONS": _FAR,
    }


async def _workspace(rig: Rig, people: Sequence[str]) -> str:
    """Make a workspace with these people and channels, install the app in it, and give its token."""
    members = [{"id": id, "name": id[2:5].lower()} for id in people]
    channels = [{"id": id, "name": id.lower(), "members": list(people)} for id in rig.channels]
    await rig.sandbox("POST", "/workspaces", {"id": TEAM, "name": "Trial", "people": members, "channels": channels})
    installation = {"app_id": APP, "team_id": TEAM, "channels": rig.channels}
    response = await rig.sandbox("POST", "/installations", installation)
    token: str = response["installation"]["bot_token"]
    return token
