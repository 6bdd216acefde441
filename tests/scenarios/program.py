"""Runs `askbridge dev` with all its processes, and drives it from outside over HTTP."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import psutil

from bridge import ids
from sandbox.slack import signing
from tests import canaries, payloads
from tests.storage.elapse import set_deadlines
from tests.waiting import until

COMMAND = Path(sys.executable).with_name("askbridge")
READY_SECONDS = 60.0

APPROVE, DENY = "v1:choose:approve", "v1:choose:deny"


@dataclass(kw_only=True)
class Program:
    """A running `askbridge dev`: the line of JSON it printed once ready (`facts`), and an HTTP client for it."""

    facts: dict[str, Any]
    process: asyncio.subprocess.Process
    http: aiohttp.ClientSession
    log: Path
    killed: set[int] = field(default_factory=set)  # processes that may take a moment to be gone
    searched: int = 0  # bytes of the log that were searched for secrets

    @property
    def secrets(self) -> set[str]:
        """The secrets that no output may contain."""
        passwords = canaries.of_settings({"": self.facts["database_url"]})
        return {self.facts["api_key"], self.facts["signing_secret"], self.facts["bot_token"], *passwords}

    def search_log(self) -> None:
        """Check that the log since the last call contains no secret."""
        written = self.log.read_bytes()
        canaries.none_in(written[self.searched :], self.secrets, where=str(self.log))
        self.searched = len(written)

    def bridge(self, replica: int) -> str:
        url: str = self.facts["bridge_urls"][replica]
        return url

    async def ask(self, *, replica: int = 0, headers: dict[str, str] | None = None, **other: Any) -> dict[str, Any]:
        request = {
            "kind": "approval",
            "title": "Deploy 1.4 to production?",
            "to": {"channel": "C0APPROVALS"},
            "responders": {"users": ["U0ANA"]},
        }
        status, body = await self.call("POST", f"{self.bridge(replica)}/v1/interactions", {**request, **other}, headers)
        assert status == 201, body
        return body

    async def get(self, id: str, *, replica: int = 0, wait: float = 0) -> dict[str, Any]:
        status, body = await self.call("GET", f"{self.bridge(replica)}/v1/interactions/{id}?wait={wait}")
        assert status == 200, body
        return body

    async def timeline(self, id: str, *, replica: int = 0) -> list[dict[str, Any]]:
        _, body = await self.call("GET", f"{self.bridge(replica)}/v1/interactions/{id}/timeline")
        items: list[dict[str, Any]] = body["items"]
        return items

    async def click(
        self, asked: dict[str, Any], user: str, *, replica: int, action_id: str | None = APPROVE, **other: Any
    ) -> dict[str, Any]:
        """A signed click on the first card, from a client that may still show the buttons."""
        card = asked["cards"][0]
        if card["ts"] is None:  # cards of other tests were posted before it, one a second
            asked = await until(lambda: self.get(asked["id"]), lambda one: one["cards"][0]["ts"])
            card = asked["cards"][0]
        _, body = await self.call(
            "POST",
            f"{self.facts['slack_url']}/sandbox/clicks",
            {
                "user": user,
                "channel": card["channel"],
                "ts": card["ts"],
                **({"action_id": action_id} if action_id else {}),
                "stale": {"block_id": f"v1:{asked['id']}:1", "action_id": action_id, "value": None, "type": "button"},
                "request_url": f"{self.bridge(replica)}/slack/events",
                **other,
            },
        )
        return body

    async def messages(self, user: str, channel: str = "C0APPROVALS") -> list[dict[str, Any]]:
        _, body = await self.call("GET", f"{self.facts['slack_url']}/sandbox/messages?channel={channel}&as={user}")
        messages: list[dict[str, Any]] = body["messages"]
        return messages

    async def all_messages(self, channel: str) -> list[dict[str, Any]]:
        """All messages of a channel, private replies to every user included."""
        _, body = await self.call("GET", f"{self.facts['slack_url']}/sandbox/messages?channel={channel}")
        messages: list[dict[str, Any]] = body["messages"]
        return messages

    async def slack(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Call a Web API method of the sandbox Slack as the app."""
        token = {"Authorization": f"Bearer {self.facts['bot_token']}"}
        _, body = await self.call("POST", f"{self.facts['slack_url']}/api/{method}", arguments, token)
        return body

    async def posted(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The interaction once its first card is posted; other cards may have to be posted to the channel first.

        Looks ten times a second: fifteen scenes that wait together for a channel must stay below the rate limit.
        """
        return await until(lambda: self.get(asked["id"]), lambda current: current["cards"][0]["ts"], every=0.1)

    async def whispers(self, user: str, *, since: dict[str, Any] | None = None) -> list[str]:
        """The private replies to this user; `since`: only those after the card of this interaction."""
        after = since["cards"][0]["ts"] if since else ""
        messages = await self.messages(user)
        return [message["text"] for message in messages if message.get("is_ephemeral") and message["ts"] > after]

    async def card(self, asked: dict[str, Any]) -> dict[str, Any]:
        card = asked["cards"][0]
        messages = await self.messages("U0ANA", card["channel"])
        return next(message for message in messages if message["ts"] == card["ts"])

    async def settled(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The message of the card once it has no buttons."""
        return await until(lambda: self.card(asked), lambda card: not has_buttons(card))

    async def views(self, user: str | None = None) -> dict[str, Any]:
        """The forms that this person or anyone has open, and what is shown with them."""
        _, body = await self.call("GET", f"{self._views}{f'?as={user}' if user else ''}")
        return body

    async def submit(
        self, view: dict[str, Any], values: dict[str, Any], *, user: str = "U0ANA", replica: int
    ) -> dict[str, Any]:
        """Submit a form in the sandbox with these values by block_id and action_id; returns the sandbox's report."""
        sent = {"user": user, "values": values, "request_url": f"{self.bridge(replica)}/slack/events"}
        _, body = await self.call("POST", f"{self._views}/{view['id']}/submit", sent)
        return body

    async def close_view(self, view: dict[str, Any], user: str, **how: bool) -> None:
        await self.call("POST", f"{self._views}/{view['id']}/close", {"user": user, **how})

    @property
    def _views(self) -> str:
        return f"{self.facts['slack_url']}/sandbox/views"

    async def send(self, payload: Any, *, replica: int) -> int:
        """Send an envelope once more with a new signature; returns the HTTP status."""
        status, _ = await self.deliver(payload, replica=replica)
        return status

    async def deliver(self, payload: Any, *, replica: int) -> tuple[int, Any]:
        """Send an envelope, signed; returns the status and the body of the acknowledgement."""
        body = payloads.form(payload)
        headers = signing.headers(secret=self.facts["signing_secret"], timestamp=int(time.time()), body=body)
        async with self.http.post(f"{self.bridge(replica)}/slack/events", data=body, headers=headers) as response:
            text = await response.text()
            return response.status, json.loads(text) if text else None

    async def operate(self, *statements: str, about: dict[str, Any] | None = None) -> list[Any]:
        """Run statements in one transaction, in which $1 is the id of the interaction; returns the rows of the last."""
        rows: list[Any] = []
        async with self.transaction() as connection:
            for statement in statements:
                rows = await connection.fetch(statement, *([ids.decode("int", about["id"])] if about else []))
        return rows

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[asyncpg.Connection]:
        """A transaction on the database of the program, with a connection of its own."""
        connection = await asyncpg.connect(self.facts["database_url"])
        try:
            async with connection.transaction():
                yield connection
        finally:
            await connection.close()

    async def pass_deadline(self, asked: dict[str, Any]) -> None:
        """Let the deadline pass, which is at least a minute after an interaction was opened."""
        async with self.transaction() as connection:
            await set_deadlines(connection, ids.decode("int", asked["id"]), where="id = $1")

    def kill(self, replica: int, number: signal.Signals = signal.SIGKILL) -> None:
        pid = self.facts["pids"]["replicas"][replica]
        os.kill(pid, number)
        if number == signal.SIGKILL:
            self.killed.add(pid)

    async def call(
        self, method: str, url: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        key = {"Authorization": f"Bearer {self.facts['api_key']}"}
        async with self.http.request(method, url, json=body, headers={**key, **(headers or {})}) as response:
            text = await response.text()
        if not url.startswith(self.facts["slack_url"]):  # Slack may know some of the secrets
            canaries.none_in(text, self.secrets, where=f"the answer to {method} {url}", but=canaries.shown(method, url))
        return response.status, json.loads(text or "{}")


def has_buttons(message: dict[str, Any]) -> bool:
    return any(block["type"] == "actions" for block in message["blocks"])


@contextlib.asynccontextmanager
async def running(tmp_path: Path, *arguments: str, replicas: int = 2) -> AsyncIterator[Program]:
    """Run `askbridge dev` for the block, and wait at the end until its process has ended."""
    log = tmp_path / "dev.log"
    with log.open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(
            COMMAND,
            *("dev", "--json", "--replicas", str(replicas), *arguments),
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
        )
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), READY_SECONDS)
        assert line, log.read_text()
        facts = json.loads(line)
        async with aiohttp.ClientSession() as http:
            dev = Program(facts=facts, process=process, http=http, log=log)
            yield dev
            dev.search_log()
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(
                    process.pid, signal.SIGTERM
                )  # asyncio's terminate() can reap the exit status that another task waits for
        await asyncio.wait_for(process.wait(), READY_SECONDS)


def pids(facts: dict[str, Any]) -> list[int]:
    return [*facts["pids"]["replicas"], facts["pids"]["postgres"], facts["pids"]["slack"]]


def runs(pid: int) -> bool:
    """Whether this process runs and is not a zombie."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


async def gone(*numbers: int) -> None:
    """Wait until none of these processes runs."""

    async def running() -> list[int]:
        return [pid for pid in numbers if runs(pid)]

    await until(running, lambda left: not left)
