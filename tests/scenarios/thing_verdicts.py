"""Brings about each verdict on a thing, a recovery, and describes what people are told as docs/verdicts.md does."""

import contextlib
import copy
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from bridge import ids
from bridge.card import action_ids
from bridge.forms import codec
from bridge.things.recovery import NOUN
from storage.model import Verdict
from tests import payloads
from tests.scenarios import form_verdicts, rounds, written
from tests.scenarios.program import Program
from tests.scenarios.rounds import Shown
from tests.scenarios.verdicts import ANA, BOB, SAM
from tests.waiting import until

BUTTON, FORM = action_ids.choose("restored"), action_ids.open_form("blocked")
LINK = "https://status.example.com/incidents/7"
_NUMBERS = itertools.count(1)


def report(number: int, **fields: Any) -> dict[str, Any]:
    """The body of a report."""
    return {
        "source": {"type": "job", "id": f"nightly-{number}"},
        "kind": "stalled",
        "cause": "No heartbeat for 10 minutes.",
        "fingerprint": "worker/heartbeat",
        "next_action": "Restart the worker.",
        "to": {"channel": "C0APPROVALS"},
        "responders": {"users": [ANA]},
        **fields,
    }


@dataclass(kw_only=True)
class Scene:
    """A recovery with its card, and what its agent reports."""

    of: Shown
    sent: dict[str, Any]
    message: dict[str, Any]  # with its first buttons

    @property
    def dev(self) -> Program:
        return self.of.dev

    async def status(self) -> str:
        """What the recovery is now."""
        status, thing = await self.dev.call("GET", self.of.url)
        return str(thing["status"]) if status == 200 else "not found"

    async def verdicts(self) -> list[tuple[str, str]]:
        """The clicks on it, in the order of its timeline: (user, verdict)."""
        if await self.status() == "not found":
            return []
        return [(item["by"]["user"], item["verdict"]) for item in await self.of.timeline() if item["verdict"]]

    async def line(self) -> str:
        """The line of the card about the state."""
        return written.as_written((await self.of.text()).split("\n")[1], {})


async def scene(dev: Program, **fields: Any) -> Scene:
    """Report something stuck on the first replica, and wait for its card."""
    sent = report(next(_NUMBERS), **fields)
    status, made = await dev.call("POST", f"{dev.bridge(0)}/v1/recoveries", sent)
    assert status == 201, made
    of = await rounds.shown(dev, "recoveries", made["id"])
    of.since = str((await dev.all_messages(of.channel))[-1]["ts"])
    message = await of.message()
    return Scene(
        of=of, sent=sent, message={"channel": of.channel, **{name: message[name] for name in ("ts", "text", "blocks")}}
    )


async def nothing(_: Scene) -> None:
    """Nothing happens before."""


async def restored(at: Scene) -> None:
    """@ana has restored it."""
    await at.of.click(ANA, BUTTON, replica=0)


async def blocked(at: Scene) -> None:
    """@ana has said in the form what blocks it."""
    await at.dev.deliver(submission(await opened(at), ANA, LINK), replica=0)


async def changed(at: Scene) -> None:
    """The agent has reported another cause, and the clicker's client still shows the card as it was before."""
    body = at.sent | {"cause": "The disk is full."}
    assert (await at.dev.call("POST", f"{at.dev.bridge(0)}/v1/recoveries", body))[0] == 200
    await until(at.of.text, lambda text: "attempt 2" in text)
    assert (await at.dev.slack("chat.update", **at.message))["ok"]


async def ended(at: Scene) -> None:
    """The agent has ended it."""
    assert (await at.of.post("resolve", {"outcome": "cancelled", "note": "The job was deleted."}))[0] == 200


@contextlib.asynccontextmanager
async def locked(at: Scene) -> AsyncIterator[None]:
    """Another transaction locks the recovery for longer than Slack waits."""
    async with at.dev.transaction() as connection:
        await connection.execute("select from things where id = $1 for update", ids.decode(NOUN.prefix, at.of.id))
        yield


def free(_: Scene) -> AbstractAsyncContextManager[None]:
    """Nothing happens meanwhile."""
    return nullcontext()


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row of a table: what happens before, and who does what."""

    name: str
    verdict: Verdict
    arrange: Callable[[Scene], Awaitable[None]] = nothing
    user: str = ANA
    action_id: str = BUTTON
    claims: dict[str, Any] = field(default_factory=dict)  # fields of the payload that differ from the truth
    during: Callable[[Scene], AbstractAsyncContextManager[None]] = free
    is_audited: bool = True

    @property
    def status(self) -> int:
        """The HTTP status of the response to Slack."""
        return 503 if self.verdict is Verdict.UNAVAILABLE else 200


CLICKS = [
    Case(name="won", verdict=Verdict.WON),
    Case(name="opened", verdict=Verdict.OPENED, action_id=FORM),
    Case(name="recorded", verdict=Verdict.RECORDED, arrange=restored),
    Case(name="decided", verdict=Verdict.DECIDED, arrange=restored, action_id=action_ids.choose("cancelled")),
    Case(name="taken", verdict=Verdict.TAKEN, arrange=restored, user=BOB),
    Case(name="superseded", verdict=Verdict.SUPERSEDED, arrange=changed),
    Case(name="cancelled", verdict=Verdict.CANCELLED, arrange=ended),
    Case(name="refused", verdict=Verdict.REFUSED, action_id=action_ids.choose("blocked")),
    Case(name="outsider", verdict=Verdict.OUTSIDER, user=SAM),
    Case(name="not yours", verdict=Verdict.NOT_YOURS, user=BOB),
    Case(name="gone, no such move", verdict=Verdict.GONE, action_id=action_ids.choose("deleted")),
    Case(name="gone, foreign", verdict=Verdict.GONE, claims={"team": "T0OTHER"}, is_audited=False),
    Case(name="unavailable", verdict=Verdict.UNAVAILABLE, during=locked, is_audited=False),
]
CLICK_ROWS = dict(zip([case.name for case in CLICKS], written.thing_rows(), strict=True))


@dataclass(frozen=True, kw_only=True)
class FormCase(Case):
    """One row of the table of forms: what is entered as what blocks the recovery."""

    link: str = LINK
    is_of_itself: bool = False  # the recovery itself is selected, which no form offers


FORMS = [
    FormCase(name="won", verdict=Verdict.WON),
    FormCase(name="recorded", verdict=Verdict.RECORDED, arrange=blocked),
    FormCase(name="mistaken", verdict=Verdict.MISTAKEN, link="status page"),
    FormCase(name="refused", verdict=Verdict.REFUSED, link="", is_of_itself=True),
    FormCase(name="decided", verdict=Verdict.DECIDED, arrange=restored),
    FormCase(name="taken", verdict=Verdict.TAKEN, arrange=restored, user=BOB),
    FormCase(name="superseded", verdict=Verdict.SUPERSEDED, arrange=changed),
    FormCase(name="cancelled", verdict=Verdict.CANCELLED, arrange=ended),
    FormCase(name="outsider", verdict=Verdict.OUTSIDER, user=SAM),
    FormCase(name="not yours", verdict=Verdict.NOT_YOURS, user=BOB),
    FormCase(name="unavailable", verdict=Verdict.UNAVAILABLE, during=locked, is_audited=False),
]
FORM_ROWS = dict(zip([case.name for case in FORMS], written.thing_form_rows(), strict=True))


async def opened(at: Scene) -> dict[str, Any]:
    """The form that @ana's click opened on the first replica."""
    view: dict[str, Any] = (await at.of.click(ANA, FORM, replica=0, wait_view=3))["view"]
    assert view is not None
    return view


def submission(view: dict[str, Any], user: str, link: str, *, selected: str | None = None) -> Any:
    """What Slack would send of this form, with a link or a selected item."""
    sent = payloads.load("view_submission")
    sent["user"] |= form_verdicts.person(user)
    sent["trigger_id"] = ids.new().hex  # so that no submission repeats another
    values = {
        "link": {"type": "plain_text_input", "value": link or None},
        "note": {"type": "plain_text_input", "value": None},
        "blocker": {"type": "static_select", "selected_option": {"value": selected} if selected else None},
    }
    shown = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
    state = {block: {codec.INPUT: value} for name, value in values.items() if (block := codec.block_id(name)) in shown}
    sent["view"] = copy.deepcopy(view) | {"state": {"values": state}}
    return sent


def becomes(status: int, body: Any) -> str:
    """What the form becomes, as the document says it."""
    return form_verdicts.becomes(status, body, fields=(codec.block_id("link"), codec.block_id("blocker")))


async def told(at: Scene) -> list[tuple[str, str]]:
    """The private replies since the card was posted, as the document says them."""
    return [(user, written.as_written(text, {})) for user, text in await at.of.told()]


async def settled(at: Scene, line: str) -> None:
    """Wait until the card shows this line, with buttons only while the recovery is open."""
    await until(at.line, lambda shown: shown == line)
