"""Brings about each verdict on an incident on two replicas, and says what people are told as docs/verdicts.md does."""

import copy
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from bridge import ids
from bridge.card import action_ids
from bridge.forms import codec
from bridge.things.incident import NOUN
from storage.model import Handle, Interaction, Json, Verdict
from tests import payloads
from tests.bridge.agents.door import Door
from tests.bridge.agents.things import incidents, rounds
from tests.bridge.replica import Replica
from tests.scenarios import form_verdicts, written
from tests.scenarios.verdicts import ANA, BOB, SAM

CHANNEL = "C0APPROVALS"
WORDS = "Rolled back 4.2.0."
RESOLVE, SEVERITY, UPDATE = (action_ids.open_form(move) for move in ("resolved", "severity", "update"))


@dataclass(kw_only=True)
class Scene:
    """An incident whose card the first replica has posted."""

    first: Replica
    second: Replica
    door: Door
    id: str
    seen: Interaction  # the round that the clicker's card shows
    handle: Handle
    earlier: int  # private replies

    async def status(self) -> str:
        return str((await incidents.get(self.door, self.id)).json["status"])

    async def verdicts(self) -> list[tuple[str, str]]:
        """The clicks on it, in the order of its timeline: (user, verdict)."""
        items = (await self.door.call("GET", f"/v1/incidents/{self.id}/timeline")).json["items"]
        return [(item["by"]["user"], item["verdict"]) for item in items if item["verdict"]]

    async def messages(self) -> list[str]:
        """What the updates say."""
        return [each["message"] for each in (await incidents.get(self.door, self.id)).json["updates"]]

    def line(self) -> str:
        """The line of the card about the state, as the document says it."""
        message = self.first.slack.world.message(channel=self.handle.channel, ts=self.handle.ts)
        assert message is not None
        return as_written(message.text.split("\n")[1])

    def told(self) -> list[tuple[str | None, str]]:
        """The private replies, as the document says them."""
        return [(user, as_written(text)) for user, text, _ in self.first.whispers(CHANNEL)[self.earlier :]]

    async def click(self, user: str, action_id: str, *, on: Replica | None = None, **other: Any) -> Any:
        """A click on a button of the card as the clicker sees it, to the second replica unless another is given."""
        stale = {"block_id": action_ids.block_id(self.seen.id, 1), "action_id": action_id, "value": None}
        opens = {"wait_view": 3} if action_id in (RESOLVE, SEVERITY, UPDATE) else {}
        return await (on or self.second).click(self.seen, self.handle, user=user, stale=stale, **opens, **other)

    async def opened(self, action_id: str) -> Json:
        """The form that @ana's click opened on the first replica."""
        view: Json | None = (await self.click(ANA, action_id, on=self.first))["view"]
        assert view is not None
        return view

    async def send(self, view: Json, user: str, message: str, *, on: Replica | None = None) -> tuple[int, Any]:
        """Submit a form with these words, and `critical` where it asks for a severity."""
        sent = payloads.load("view_submission")
        sent["user"] |= form_verdicts.person(user)
        sent["trigger_id"] = ids.new().hex  # so that no submission repeats another
        values = {
            codec.block_id("message"): {codec.INPUT: {"type": "plain_text_input", "value": message}},
            codec.block_id("severity"): {
                codec.INPUT: {"type": "static_select", "selected_option": {"value": "2"}},
            },
        }
        shown = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
        state = {block: value for block, value in values.items() if block in shown}
        sent["view"] = copy.deepcopy(view) | {"state": {"values": state}}
        answer = await (on or self.second).send(payloads.form(sent))
        return answer.status, json.loads(answer.body) if answer.body else None


async def scene(first: Replica, second: Replica, door: Door, **fields: Any) -> Scene:
    """Open an incident, and have its card posted."""
    made = await incidents.create(door, to={"channel": CHANNEL}, **fields)
    await first.settle()
    seen = await rounds.open_round(door, NOUN, made.json["id"])
    (card,) = (await incidents.get(door, made.json["id"])).json["cards"]
    handle = Handle(channel=card["channel"], ts=card["ts"])
    earlier = len(first.whispers(CHANNEL))
    return Scene(first=first, second=second, door=door, id=made.json["id"], seen=seen, handle=handle, earlier=earlier)


def as_written(text: str) -> str:
    """A text as the document says it."""
    return written.as_written(text, {"“deploy-bot”": "“demo-agent”"})


async def nothing(_: Scene) -> None:
    """Nothing happens before."""


async def identified(at: Scene) -> None:
    """@ana has clicked Identified."""
    await at.click(ANA, action_ids.choose("identified"), on=at.first)


async def fixing(at: Scene) -> None:
    """The agent has set another status."""
    assert (await incidents.status(at.door, at.id, status="fixing")).status == 200


async def worse(at: Scene) -> None:
    """The agent has changed the severity."""
    assert (await incidents.patch(at.door, at.id, severity="critical")).status == 200


async def resolved(at: Scene) -> None:
    """The agent has resolved it."""
    assert (await incidents.resolve(at.door, at.id)).status == 200


async def reopened(at: Scene) -> None:
    """The agent has resolved it, and opened it again."""
    await resolved(at)
    assert (await incidents.status(at.door, at.id, status="monitoring")).status == 200


async def resolved_in_a_form(at: Scene) -> None:
    """@ana has resolved it."""
    status, _ = await at.send(await at.opened(RESOLVE), ANA, WORDS, on=at.first)
    assert status == 200


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row of a table: what happens before, and who does what."""

    name: str
    verdict: Verdict
    arrange: Callable[[Scene], Awaitable[None]] = nothing
    user: str = ANA
    action_id: str = action_ids.choose("identified")
    claims: dict[str, Any] = field(default_factory=dict)  # fields of the payload that differ from the truth
    fields: dict[str, Any] = field(default_factory=dict)  # of the incident
    message: str = WORDS  # entered in the form
    is_audited: bool = True


ONLY_ANA: dict[str, Any] = {"responders": {"users": [ANA]}}
CLICKS = [
    Case(name="won", verdict=Verdict.WON),
    Case(name="won, other severity", verdict=Verdict.WON, arrange=worse),
    Case(name="opened", verdict=Verdict.OPENED, action_id=UPDATE),
    Case(name="recorded", verdict=Verdict.RECORDED, arrange=identified),
    Case(name="decided", verdict=Verdict.DECIDED, arrange=identified, action_id=action_ids.choose("fixing")),
    Case(name="taken", verdict=Verdict.TAKEN, arrange=identified, user=BOB),
    Case(name="superseded", verdict=Verdict.SUPERSEDED, arrange=fixing),
    Case(name="cancelled", verdict=Verdict.CANCELLED, arrange=resolved),
    Case(name="cancelled, open again", verdict=Verdict.CANCELLED, arrange=reopened),
    Case(name="refused", verdict=Verdict.REFUSED, action_id=action_ids.choose("resolved")),
    Case(name="outsider", verdict=Verdict.OUTSIDER, user=SAM),
    Case(name="not yours", verdict=Verdict.NOT_YOURS, user=BOB, fields=ONLY_ANA),
    Case(name="gone, no such move", verdict=Verdict.GONE, action_id=action_ids.choose("deleted")),
    Case(name="gone, foreign", verdict=Verdict.GONE, claims={"team": "T0OTHER"}, is_audited=False),
]
FORMS = [
    Case(name="won", verdict=Verdict.WON, action_id=RESOLVE),
    Case(name="won, severity", verdict=Verdict.WON, action_id=SEVERITY),
    Case(name="added", verdict=Verdict.ADDED, action_id=UPDATE),
    Case(name="added, other status", verdict=Verdict.ADDED, arrange=fixing, action_id=UPDATE),
    Case(name="recorded", verdict=Verdict.RECORDED, arrange=resolved_in_a_form, action_id=RESOLVE),
    Case(name="mistaken", verdict=Verdict.MISTAKEN, action_id=UPDATE, message=" "),
    Case(name="decided", verdict=Verdict.DECIDED, arrange=identified, action_id=SEVERITY),
    Case(name="taken", verdict=Verdict.TAKEN, arrange=identified, user=BOB, action_id=RESOLVE),
    Case(name="taken, update", verdict=Verdict.TAKEN, arrange=resolved_in_a_form, user=BOB, action_id=UPDATE),
    Case(name="superseded", verdict=Verdict.SUPERSEDED, arrange=fixing, action_id=RESOLVE),
    Case(name="cancelled", verdict=Verdict.CANCELLED, arrange=resolved, action_id=UPDATE),
    Case(name="outsider", verdict=Verdict.OUTSIDER, user=SAM, action_id=UPDATE),
    Case(name="not yours", verdict=Verdict.NOT_YOURS, user=BOB, action_id=UPDATE, fields=ONLY_ANA),
]
