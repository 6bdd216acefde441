"""Brings about each verdict, through the API, the sandbox and statements on the database."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

from bridge import ids
from storage.model import Verdict
from tests.scenarios import program
from tests.scenarios.program import Program
from tests.storage.elapse import set_deadlines
from tests.waiting import until

ANA, BOB, SAM = "U0ANA", "U0BOB", "U0SAM"
NOTHING_SELECTED = "nothing selected"


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A request and the place of its card. `words` maps its texts to those of docs/verdicts.md."""

    name: str
    body: dict[str, Any]
    yes: str
    no: str
    threaded: bool
    words: dict[str, str]
    in_menu: bool = False

    def click(self, asked: dict[str, Any], choice: str) -> dict[str, Any]:
        """The fields of a click that answers with this choice, or in a menu with nothing selected."""
        option = {"yes": self.yes, "no": self.no, NOTHING_SELECTED: None}.get(choice, choice)
        if self.in_menu:
            return {"action_id": "v1:submit", "state": {f"v1:{asked['id']}:1": {"v1:pick": option}}}
        return {"action_id": f"v1:choose:{option}"}

    def on_expiry(self) -> dict[str, str]:
        return {"decision": self.no} if self.body["kind"] == "approval" else {"option": self.no}


APPROVAL = Variant(
    name="approval in a channel",
    body={"kind": "approval", "title": "Deploy 1.4 to production?"},
    yes="approve",
    no="deny",
    threaded=False,
    words={},
)
CHOICE = Variant(
    name="choice in a thread",
    body={
        "kind": "choice",
        "title": "Which region first?",
        "options": [{"id": "north", "label": "North"}, {"id": "south", "label": "South"}],
    },
    yes="north",
    no="south",
    threaded=True,
    words={
        "✅ *Answered:* “North”": "✅ *Approved*",
        "✅ *Answered:* “South”": "⛔ *Denied*",
        "“North”": "“Approve”",
        "“South”": "“Deny”",
    },
)


MENU = replace(
    CHOICE,
    name="choice from a menu",
    body={**CHOICE.body, "options": [*CHOICE.body["options"], *({"id": f"o{n}", "label": f"{n}"} for n in range(4))]},
    threaded=False,
    in_menu=True,
)
BUTTONS = (APPROVAL, CHOICE)


@dataclass(kw_only=True)
class Scene:
    """An interaction with a posted card, and its message before the click."""

    dev: Program
    variant: Variant
    asked: dict[str, Any]
    pending: dict[str, Any]  # the message with its buttons
    newer: dict[str, Any] | None = None
    threaded: bool = False

    @property
    def channel(self) -> str:
        return str(self.asked["cards"][0]["channel"])

    async def click(self, user: str, choice: str, *, replica: int, **other: Any) -> dict[str, Any]:
        fields = {**self.variant.click(self.asked, choice), **other}
        return await self.dev.click(self.asked, user, replica=replica, **fields)

    async def settled(self) -> None:
        """Wait until the card shows the end; then restore the buttons, as a late edit would."""
        await until(lambda: self.dev.get(self.asked["id"]), lambda one: one["cards"][0]["status"] == "settled")
        response = await self.dev.slack("chat.update", **self.pending)
        assert response["ok"], response
        assert program.has_buttons(await self.dev.card(self.asked))


Arrange = Callable[[Scene], Awaitable[None]]


async def nothing(_: Scene) -> None:
    pass


async def answered(scene: Scene) -> None:
    assert (await scene.click(ANA, "yes", replica=0))["status"] == 200
    await scene.settled()


async def overdue(scene: Scene) -> None:
    await scene.dev.pass_deadline(scene.asked)


async def cancelled(scene: Scene) -> None:
    url = f"{scene.dev.bridge(0)}/v1/interactions/{scene.asked['id']}/cancel"
    status, _ = await scene.dev.call("POST", url, {"reason": "The release was called off."})
    assert status == 200
    await scene.settled()


async def superseded(scene: Scene) -> None:
    newer = await scene.dev.ask(**scene.variant.body, to={"channel": scene.channel}, supersedes=scene.asked["id"])
    scene.newer = await until(lambda: scene.dev.get(newer["id"]), lambda one: one["cards"][0]["permalink"])
    behind = "select from cards where interaction_id = $1 and shown < wanted"  # the link is a separate edit
    await until(lambda: scene.dev.operate(behind, about=scene.asked), lambda rows: not rows)
    await scene.settled()


async def restored(scene: Scene) -> None:
    """The state after restoring a backup from before the card was posted, after the deadline."""
    id = ids.decode("int", scene.asked["id"])
    async with scene.dev.transaction() as connection:
        await connection.execute(
            "update cards set channel = null, ts = null, permalink = null, shown = 0, wanted = 1, maybe_shown = false "
            "where interaction_id = $1",
            id,
        )
        await connection.execute("update interactions set cards_shown = 0, cards_left = 1 where id = $1", id)
        await set_deadlines(connection, id, where="id = $1")


async def purged(scene: Scene) -> None:
    tables = ("clicks", "events", "cards")
    await scene.dev.operate(
        *(f"delete from {table} where interaction_id = $1" for table in tables),
        "delete from interactions where id = $1",
        about=scene.asked,
    )


@contextlib.asynccontextmanager
async def locked(scene: Scene) -> AsyncIterator[None]:
    """Another transaction locks the row for longer than Slack waits."""
    async with scene.dev.transaction() as connection:
        id = ids.decode("int", scene.asked["id"])
        await connection.execute("select from interactions where id = $1 for update", id)
        yield


@contextlib.asynccontextmanager
async def unswept(scene: Scene) -> AsyncIterator[None]:
    """Only a click can end this interaction; triggers keep the expiry loop and readers from ending it."""
    name = f"unswept_{scene.asked['id']}"
    await scene.dev.operate(
        f"create function {name}() returns trigger language plpgsql as $$ begin "
        "if current_setting('application_name') = 'askbridge claims' then return new; end if; return null; end $$",
        f"create trigger {name} before update on interactions for each row "
        f"when (old.id = '{ids.decode('int', scene.asked['id'])}' and new.status <> old.status) "
        f"execute function {name}()",
    )
    try:
        yield
    finally:
        await scene.dev.operate(f"drop function {name} cascade")


@contextlib.asynccontextmanager
async def _unchangeable(scene: Scene, *more: dict[str, Any]) -> AsyncIterator[None]:
    """Slack refuses every edit in the channel of the card, and whatever `more` says."""
    url = f"{scene.dev.facts['slack_url']}/sandbox/faults"
    for fault in ({"on": "chat.update", "fault": "error", "error": "not_in_channel"}, *more):
        status, _ = await scene.dev.call("POST", url, {"times": 1000, "channel": scene.channel, **fault})
        assert status == 200
    try:
        yield
    finally:
        await scene.dev.call("DELETE", url)


def _irreplaceable(scene: Scene) -> AbstractAsyncContextManager[None]:
    """Slack also refuses the response URL."""
    return _unchangeable(scene, {"on": "response_url", "fault": "error", "error": "used_url"})


def free(_: Scene) -> AbstractAsyncContextManager[None]:
    return nullcontext()


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row of docs/verdicts.md: the state before, who clicks which choice, and what is stored of the click."""

    name: str
    verdict: Verdict
    arrange: Arrange = nothing
    user: str = ANA
    choice: str = "yes"
    ask: Callable[[Variant], dict[str, Any]] = lambda _: {}
    claims: dict[str, Any] = field(default_factory=dict)  # fields of the payload that differ from the truth
    during: Callable[[Scene], AbstractAsyncContextManager[None]] = free
    audited: bool = True
    whole: bool = True  # whether the interaction still exists
    direct: bool = False  # in a direct message, where nothing else is posted, so that faults meet this case only
    variants: tuple[Variant, ...] = BUTTONS

    @property
    def status(self) -> int:
        """The HTTP status of the response to Slack."""
        return 503 if self.verdict is Verdict.UNAVAILABLE else 200


WITH_MENU = (*BUTTONS, MENU)
CASES = [
    Case(name="won", verdict=Verdict.WON, variants=WITH_MENU),
    Case(name="won, not edited", verdict=Verdict.WON, during=_unchangeable, direct=True),
    Case(name="won, not replaced", verdict=Verdict.WON, during=_irreplaceable, direct=True),
    Case(name="recorded", verdict=Verdict.RECORDED, arrange=answered, variants=WITH_MENU),
    Case(name="decided", verdict=Verdict.DECIDED, arrange=answered, choice="no", variants=WITH_MENU),
    Case(name="taken", verdict=Verdict.TAKEN, arrange=answered, user=BOB, choice="no", variants=WITH_MENU),
    Case(
        name="taken by default",
        verdict=Verdict.TAKEN,
        arrange=overdue,
        ask=lambda variant: {"on_expiry": variant.on_expiry()},
    ),
    Case(name="expired", verdict=Verdict.EXPIRED, arrange=overdue),
    Case(name="cancelled", verdict=Verdict.CANCELLED, arrange=cancelled),
    Case(name="superseded", verdict=Verdict.SUPERSEDED, arrange=superseded),
    Case(name="unreachable", verdict=Verdict.UNREACHABLE, arrange=restored),
    Case(name="outsider", verdict=Verdict.OUTSIDER, user=SAM, variants=WITH_MENU),
    Case(name="not yours", verdict=Verdict.NOT_YOURS, user=BOB, variants=WITH_MENU),
    Case(name="mistaken, nothing selected", verdict=Verdict.MISTAKEN, choice=NOTHING_SELECTED, variants=(MENU,)),
    Case(name="gone, no such choice", verdict=Verdict.GONE, choice="never"),
    Case(name="gone, purged", verdict=Verdict.GONE, arrange=purged, whole=False),
    Case(name="gone, foreign", verdict=Verdict.GONE, claims={"team": "T0OTHER"}, audited=False),
    Case(name="unavailable", verdict=Verdict.UNAVAILABLE, during=locked, audited=False),
]


async def scene(dev: Program, case: Case, variant: Variant) -> Scene:
    """Open an interaction on the first replica and wait for its card. Outsiders are members of one channel only."""
    channel = "C0GENERAL" if variant.threaded and case.user != SAM else "C0APPROVALS"
    to: dict[str, Any] = {"user": ANA} if case.direct else {"channel": channel}
    threaded = variant.threaded and not case.direct
    if threaded:
        parent_message = {"user": ANA, "channel": channel, "text": f"About {case.name}."}
        _, parent = await dev.call("POST", f"{dev.facts['slack_url']}/sandbox/messages", parent_message)
        to["thread_ts"] = parent["ts"]
    asked = await dev.ask(replica=0, **variant.body, to=to, **case.ask(variant))
    asked = await dev.posted(asked)
    card = await dev.card(asked)
    pending = {"channel": asked["cards"][0]["channel"], **{name: card[name] for name in ("ts", "text", "blocks")}}
    return Scene(dev=dev, variant=variant, asked=asked, pending=pending, threaded=threaded)
