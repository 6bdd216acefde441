"""What is done to questions: they are asked, and then clicked, withdrawn or replaced in their last moment."""

import asyncio
import json
import random
from typing import Any

import aiohttp

from tests import payloads
from tests.scenarios.last_moment.looking import Looking, Race
from tests.scenarios.trials.rig import PEOPLE, Replica, Rig

LONGEST_STEP, STEP, SPREAD = 0.008, 0.0006, 0.002  # seconds by which the aim is corrected, and missed on purpose
CLICKER = PEOPLE[0]


class Aim:
    """When to act so that about half of the attempts are in time: sooner after each that was not, else later.

    The steps are long at first, and shorter whenever they change their direction.
    """

    def __init__(self) -> None:
        self._lead, self._step, self._was_in_time = 0.012, LONGEST_STEP, True

    def lead(self) -> float:
        return self._lead + random.uniform(-SPREAD, SPREAD)

    def correct(self, *, in_time: bool) -> None:
        if in_time is not self._was_in_time:
            self._step = max(self._step / 2, STEP)
        self._was_in_time = in_time
        self._lead += -self._step if in_time else self._step


class Acting:
    """`prepare` first: it makes the click that all others are like."""

    def __init__(self, rig: Rig, looking: Looking) -> None:
        self._rig, self._looking = rig, looking
        self._template = ""

    async def asked(
        self, replica: Replica, body: dict[str, Any], *, headers: dict[str, str] | None = None, query: str = ""
    ) -> dict[str, Any] | None:
        """A new question, with its card on a screen unless the query says not to wait for that."""
        path = f"/v1/interactions{query}"
        status, asked = await self._looking.call(replica, "POST", path, body=body, headers=headers)
        if status != 201 or not (query or await self._posted(asked)):
            return None
        found: dict[str, Any] = asked
        return found

    async def _posted(self, asked: dict[str, Any]) -> bool:
        for replica in self._rig.replicas * 50:
            if asked["cards"][0]["ts"]:
                return True
            await asyncio.sleep(0.1)
            _, looked = await self._looking.call(replica, "GET", f"/v1/interactions/{asked['id']}")
            asked.update(looked)
        return False

    async def act(self, race: Race) -> None:
        replica = self._rig.replicas[race.number // 2 % 2]
        match race.kind:
            case "click":
                await self._click(race, replica)
            case "cancel":
                await self._looking.told(race, replica, "cancel", "POST", f"/v1/interactions/{race.id}/cancel")
            case _:
                newer = {"kind": "approval", "title": "Instead?", "to": {"user": CLICKER}, "supersedes": race.id}
                await self._looking.told(race, replica, "supersede", "POST", "/v1/interactions?wait=0", body=newer)

    async def _click(self, race: Race, replica: Replica) -> None:
        text = (
            self._template.replace("INTERACTION", race.id)
            .replace("C0CHANNEL", race.card["channel"])
            .replace("MESSAGE.TS", race.card["ts"])
        )
        try:
            status = await self._rig.envelope(replica, payloads.form_text(text))
        except (aiohttp.ClientError, TimeoutError):
            status = 0
        if status != 200:
            self._looking.statuses[f"click {status}"] += 1

    async def prepare(self) -> None:
        """Keep the payload of a real click, with words in the places of what differs from click to click."""
        replica = self._rig.replicas[0]
        asked = await self.asked(replica, question("Warm?", self._rig.channels[0]))
        assert asked is not None
        card = asked["cards"][0]
        clicked = await self._rig.sandbox(
            "POST",
            "/clicks",
            {
                "user": CLICKER,
                "channel": card["channel"],
                "ts": card["ts"],
                "action_id": "v1:choose:deny",
                "request_url": f"{replica.url}/slack/events",
            },
        )
        text = json.dumps(clicked["payload"])
        for found, word in ((asked["id"], "INTERACTION"), (card["channel"], "C0CHANNEL"), (card["ts"], "MESSAGE.TS")):
            assert found in text
            text = text.replace(found, word)
        self._template = text


def question(title: str, channel: str) -> dict[str, Any]:
    return {"kind": "approval", "title": title, "to": {"channel": channel}, "responders": {"users": PEOPLE}}
