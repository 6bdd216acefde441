"""A client of the event stream that reads as an EventSource does, and keeps the id to resume from."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientResponse

from bridge.representation import schemas
from bridge.things.event_schemas import ThingEvent
from storage.model import Json
from tests.bridge.agents.door import Door

PATIENCE = 20.0


@dataclass(kw_only=True)
class Listener:
    """One open stream."""

    response: ClientResponse
    last: str | None = None
    heartbeats: int = 0
    fields: list[str] = field(default_factory=list)

    async def event(self) -> Json:
        """The next event, checked against the schema; raises StopAsyncIteration when the stream has ended."""
        async with asyncio.timeout(PATIENCE):
            while (line := await self.response.content.readline()) != b"":
                text = line.decode().removesuffix("\n")
                assert line.endswith(b"\n") and "\r" not in text
                if text == ":":
                    self.heartbeats += 1
                elif text:
                    self.fields.append(text)
                elif found := dict(field.split(": ", 1) for field in self._take()):
                    if "data" not in found:
                        assert found == {"retry": "2000"}
                        continue
                    assert list(found) == ["id", "data"]
                    event: Json = json.loads(found["data"])
                    assert event["id"] == found["id"]
                    if event["type"].startswith("interaction."):
                        schemas.Event.model_validate_json(found["data"], extra="forbid")
                    else:
                        ThingEvent.model_validate_json(found["data"])
                    self.last = event["id"]
                    return event
        raise StopAsyncIteration

    async def events(self, number: int) -> list[Json]:
        return [await self.event() for _ in range(number)]

    async def until_heartbeat(self, number: int = 1) -> None:
        """Read until so many heartbeats came; anything else that comes before them fails the test."""
        wanted = self.heartbeats + number
        async with asyncio.timeout(PATIENCE):
            while self.heartbeats < wanted:
                line = await self.response.content.readline()
                assert line in {b":\n", b"\n", b"retry: 2000\n"}, line
                self.heartbeats += line == b":\n"

    def _take(self) -> list[str]:
        taken, self.fields = self.fields, []
        return taken


@asynccontextmanager
async def listening(
    door: Door, *, after: str | None = None, last: str | None = None, types: str | None = None, key: str | None = None
) -> AsyncIterator[Listener]:
    """Open a stream, and return once its headers came; events that are numbered from then on arrive on it."""
    query: dict[str, Any] = {name: text for name, text in {"after": after, "types": types}.items() if text is not None}
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {key or door.tenant.secret}"}
    if last is not None:
        headers["Last-Event-ID"] = last
    async with door.http.get("/v1/events", params=query, headers=headers) as response:
        assert (response.status, response.content_type) == (200, "text/event-stream"), await response.text()
        yield Listener(response=response, last=last)
