"""The whole program as a person starts it: `askbridge dev` and its processes, driven from outside over HTTP alone."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import psutil

from bridge import ids
from sandbox.slack import signing
from tests import canaries, payloads

COMMAND = Path(sys.executable).with_name("askbridge")
READY_SECONDS = 60.0
PATIENCE = 30.0  # how long a promise without a number may take on a loaded machine

APPROVE, DENY = "v1:choose:approve", "v1:choose:deny"


@dataclass(kw_only=True)
class House:
    """A running `askbridge dev`: what it told, and one HTTP client for its doors."""

    told: dict[str, Any]
    process: asyncio.subprocess.Process
    http: aiohttp.ClientSession
    log: Path
    searched: int = 0  # how much of the log was searched for secrets

    @property
    def secrets(self) -> set[str]:
        """What nobody else may learn of it."""
        passwords = canaries.of_settings({"": self.told["database_url"]})
        return {self.told["api_key"], self.told["signing_secret"], self.told["bot_token"], *passwords}

    def search_log(self) -> None:
        """See that no secret is in what its processes wrote since the last time."""
        written = self.log.read_bytes()
        canaries.none_in(written[self.searched :], self.secrets, where=str(self.log))
        self.searched = len(written)

    def bridge(self, replica: int) -> str:
        url: str = self.told["bridge_urls"][replica]
        return url

    async def ask(self, *, replica: int = 0, headers: dict[str, str] | None = None, **other: Any) -> dict[str, Any]:
        body = {
            "kind": "approval",
            "title": "Deploy 1.4 to production?",
            "to": {"channel": "C0APPROVALS"},
            "responders": {"users": ["U0ANA"]},
        }
        status, told = await self.call("POST", f"{self.bridge(replica)}/v1/interactions", {**body, **other}, headers)
        assert status == 201, told
        return told

    async def get(self, id: str, *, replica: int = 0, wait: float = 0) -> dict[str, Any]:
        status, told = await self.call("GET", f"{self.bridge(replica)}/v1/interactions/{id}?wait={wait}")
        assert status == 200, told
        return told

    async def timeline(self, id: str, *, replica: int = 0) -> list[dict[str, Any]]:
        _, told = await self.call("GET", f"{self.bridge(replica)}/v1/interactions/{id}/timeline")
        items: list[dict[str, Any]] = told["items"]
        return items

    async def click(
        self, asked: dict[str, Any], user: str, *, replica: int, action_id: str | None = APPROVE, **other: Any
    ) -> dict[str, Any]:
        """A signed click on the first copy, from a client that may still show the buttons."""
        card = asked["cards"][0]
        _, told = await self.call(
            "POST",
            f"{self.told['slack_url']}/sandbox/clicks",
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
        return told

    async def messages(self, user: str, channel: str = "C0APPROVALS") -> list[dict[str, Any]]:
        _, told = await self.call("GET", f"{self.told['slack_url']}/sandbox/messages?channel={channel}&as={user}")
        messages: list[dict[str, Any]] = told["messages"]
        return messages

    async def said(self, channel: str) -> list[dict[str, Any]]:
        """Everything said in a channel, with what was said privately to whomever."""
        _, told = await self.call("GET", f"{self.told['slack_url']}/sandbox/messages?channel={channel}")
        messages: list[dict[str, Any]] = told["messages"]
        return messages

    async def slack(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Call a method of Slack's as the app."""
        token = {"Authorization": f"Bearer {self.told['bot_token']}"}
        _, told = await self.call("POST", f"{self.told['slack_url']}/api/{method}", arguments, token)
        return told

    async def posted(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The question, as soon as its first copy is on a screen; others may have been before it in the channel."""
        found: dict[str, Any] = await until(lambda: self.get(asked["id"]), lambda one: one["cards"][0]["ts"])
        return found

    async def whispers(self, user: str, *, since: dict[str, Any] | None = None) -> list[str]:
        """What this person was told privately; in a house shared with others, since a question's card is there."""
        after = since["cards"][0]["ts"] if since else ""
        said = await self.messages(user)
        return [message["text"] for message in said if message.get("is_ephemeral") and message["ts"] > after]

    async def card(self, asked: dict[str, Any]) -> dict[str, Any]:
        card = asked["cards"][0]
        said = await self.messages("U0ANA", card["channel"])
        found: dict[str, Any] = next(message for message in said if message["ts"] == card["ts"])
        return found

    async def settled(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The card, as soon as it has no buttons."""
        card: dict[str, Any] = await until(lambda: self.card(asked), lambda card: not has_buttons(card))
        return card

    async def send(self, payload: Any, *, replica: int) -> int:
        """An envelope that was sent before, sent once more and signed anew; the status of its answer."""
        body = payloads.form(payload)
        headers = signing.headers(secret=self.told["signing_secret"], timestamp=int(time.time()), body=body)
        async with self.http.post(f"{self.bridge(replica)}/slack/events", data=body, headers=headers) as told:
            return told.status

    async def operate(self, *statements: str, about: dict[str, Any] | None = None) -> list[Any]:
        """What an operator may do to the database, in one transaction: $1 is the question's id; the last one's rows."""
        connection = await asyncpg.connect(self.told["database_url"])
        rows: list[Any] = []
        try:
            async with connection.transaction():
                for statement in statements:
                    rows = await connection.fetch(statement, *([ids.decode("int", about["id"])] if about else []))
        finally:
            await connection.close()
        return rows

    async def pass_deadline(self, asked: dict[str, Any]) -> None:
        """Let the minute be over that a question lives at least."""
        await self.operate(
            "update interactions set created_at = created_at - interval '1 day', expires_at = clock_timestamp() "
            "where id = $1",
            about=asked,
        )

    def kill(self, replica: int, number: signal.Signals = signal.SIGKILL) -> None:
        os.kill(self.told["pids"]["replicas"][replica], number)

    async def call(
        self, method: str, url: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        key = {"Authorization": f"Bearer {self.told['api_key']}"}
        async with self.http.request(method, url, json=body, headers={**key, **(headers or {})}) as told:
            text = await told.text()
        if not url.startswith(self.told["slack_url"]):  # Slack itself knows some of them
            canaries.none_in(text, self.secrets, where=f"the answer to {method} {url}", but=canaries.shown(method, url))
        return told.status, json.loads(text or "{}")


def has_buttons(message: dict[str, Any]) -> bool:
    return any(block["type"] == "actions" for block in message["blocks"])


async def until(look: Callable[[], Any], good: Callable[[Any], bool], *, within: float = PATIENCE) -> Any:
    """Look from outside until it is so; another process can give no other signal."""
    async with asyncio.timeout(within):
        while not good(seen := await look()):
            await asyncio.sleep(0.02)
        return seen


@contextlib.asynccontextmanager
async def running(tmp_path: Path, *arguments: str, replicas: int = 2) -> AsyncIterator[House]:
    """Start it, and see at the end that nothing of it is left."""
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
        told = json.loads(line)
        async with aiohttp.ClientSession() as http:
            dev = House(told=told, process=process, http=http, log=log)
            yield dev
            dev.search_log()
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGTERM)  # asyncio's way can take the exit status from whoever waits
        await asyncio.wait_for(process.wait(), READY_SECONDS)


def pids(told: dict[str, Any]) -> list[int]:
    return [*told["pids"]["replicas"], told["pids"]["postgres"], told["pids"]["slack"]]


def runs(pid: int) -> bool:
    """Whether this process still does anything."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


async def gone(*numbers: int) -> None:
    """Wait until none of these processes runs any more."""

    async def running() -> list[int]:
        return [pid for pid in numbers if runs(pid)]

    await until(running, lambda left: not left)
