"""Opens interactions, and clicks, cancels or supersedes them just before their deadline."""

import json
import random
from typing import Any

import aiohttp

from tests import payloads
from tests.scenarios.last_moment.looking import Looking, Race
from tests.scenarios.trials.rig import PEOPLE, ReplicaProcess, Rig
from tests.waiting import pause

LONGEST_STEP, STEP, SPREAD = 0.008, 0.0006, 0.002  # seconds: largest and smallest correction, and random deviation
CLICKER = PEOPLE[0]


class Aim:
    """Chooses when to act so that about half of the attempts are in time: earlier after a late one, else later.

    The correction starts large, and is halved whenever it changes its direction.
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
    """Acts on interactions; call `prepare` first, which records the click that all others copy."""

    def __init__(self, rig: Rig, looking: Looking) -> None:
        self._rig, self._looking = rig, looking
        self._template = ""

    async def asked(
        self, replica: ReplicaProcess, body: dict[str, Any], *, headers: dict[str, str] | None = None, query: str = ""
    ) -> dict[str, Any] | None:
        """Open an interaction and wait for its card, unless a query is given; None if that fails."""
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
            await pause(0.1)
            _, looked = await self._looking.call(replica, "GET", f"/v1/interactions/{asked['id']}")
            asked.update(looked)
        return False

    async def act(self, race: Race) -> None:
        replica = self._rig.replicas[race.number // 2 % 2]
        match race.kind:
            case "click":
                await self._click(race, replica)
            case "cancel":
                await self._looking.read(race, replica, "cancel", "POST", f"/v1/interactions/{race.id}/cancel")
            case _:
                newer = {"kind": "approval", "title": "Instead?", "to": {"user": CLICKER}, "supersedes": race.id}
                await self._looking.read(race, replica, "supersede", "POST", "/v1/interactions?wait=0", body=newer)

    async def _click(self, race: Race, replica: ReplicaProcess) -> None:
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
        """Record the payload of a real click, with placeholders for what differs between clicks."""
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
