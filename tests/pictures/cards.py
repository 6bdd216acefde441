"""Cards of every form in every status, made by real use: asked over HTTP, clicked, cancelled, left to expire."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, assert_never

from bridge import ids
from bridge.card.action_ids import PICK, SUBMIT, choose
from bridge.card.frame import CardView
from bridge.kinds.registry import KINDS
from storage import interactions, pool
from storage.model import Progress, Status
from tests.scenarios.program import Program
from tests.storage.elapse import elapse
from tests.waiting import until

CHANNEL = "C0APPROVALS"
_NOWHERE = "C0NOWHERE"  # Slack knows no such channel
_UNHEARD = timedelta(seconds=121)  # after which a card says that no agent has acknowledged the answer
_SOON = 60  # seconds; the shortest lifetime that an interaction may have


@dataclass(frozen=True, kw_only=True)
class Form:
    """One form of card: an example request, and the click that answers it, after a selection in its menu."""

    name: str
    request: Mapping[str, Any]
    click: Mapping[str, Any]
    selected: str | None = None


RELEASE = {
    "kind": "approval",
    "title": "Deploy payments 4.2.0 to production?",
    "body": "All **214** checks passed.\n\n- 3 migrations, none of them locks\n- rollback takes *2 minutes*",
    "action": {"name": "deploy", "arguments": {"service": "payments", "version": "4.2.0", "canary": 0.1}},
    "facts": [
        {"name": "Last deployment", "value": "4.1.9, two days ago"},
        {"name": "Open incidents", "value": "none"},
    ],
    "agent": {"name": "Release agent", "run": "run-8841"},
    "on_behalf_of": {"user": "U0BOB"},
}
_INCIDENT = {
    "kind": "choice",
    "title": "Checkout fails for 3 % of customers. What now?",
    "body": "It began **4 minutes** after the deployment of `checkout 7.1`.",
    "facts": [{"name": "Open incidents", "value": "INC-204"}],
    "options": [
        {"id": "rollback", "label": "Roll back to 7.0", "style": "primary"},
        {"id": "flag", "label": "Switch the new flow off", "confirm": "Carts of the new flow are emptied."},
        {"id": "page", "label": "Page the team on call"},
        {"id": "close-shop", "label": "Close the shop", "style": "danger"},
    ],
    "agent": {"name": "Incident agent", "run": "inc-204"},
}
_REGIONS = ("Dublin", "Frankfurt", "London", "Mumbai", "Paris", "São Paulo", "Singapore", "Sydney", "Tokyo", "Virginia")
_DRAIN = {
    "kind": "choice",
    "title": "Which region should be drained for the database upgrade?",
    "body": "The upgrade takes about *20 minutes*. Its traffic goes to the nearest other region.",
    "options": [{"id": name.lower().replace(" ", "-").replace("ã", "a"), "label": name} for name in _REGIONS],
    "agent": {"name": "Upgrade agent"},
}

FORMS = (
    Form(name="approval", request=RELEASE, click={"action_id": choose("approve")}),
    Form(name="buttons", request=_INCIDENT, click={"action_id": choose("rollback")}),
    Form(name="select", request=_DRAIN, click={"action_id": SUBMIT}, selected="paris"),
)


async def make(dev: Program, form: Form, status: Status) -> str:
    """Make a card of this form in this status; returns its ts."""
    if status is Status.UNREACHABLE:
        return await _unreachable(dev, form)
    soon = {"expires_in": _SOON} if status is Status.EXPIRED else {}
    interaction = await _shown(dev, await dev.ask(**{**form.request, **soon}))
    match status:
        case Status.PENDING:
            pass
        case Status.ANSWERED:
            await _answer(dev, interaction, form)
        case Status.CANCELLED:
            address = f"{dev.bridge(0)}/v1/interactions/{interaction['id']}/cancel"
            await dev.call("POST", address, {"reason": "Postponed to Monday."})
        case Status.SUPERSEDED:
            await dev.ask(**form.request, supersedes=interaction["id"])
        case Status.EXPIRED:
            while (await dev.get(interaction["id"], wait=30))["status"] == "pending":
                pass
        case _:
            assert_never(status)
    if status is not Status.PENDING:
        await dev.settled(interaction)
    ts: str = interaction["cards"][0]["ts"]
    return ts


_STAGE_TEXTS = {
    "unheard": "Not yet received",
    "heard": "Received by the agent",  # a line of its own only where it takes back the one before
    "picked_up": "started",
    "succeeded": "→ done",
    "failed": "❌ failed",
}
STAGES = tuple(_STAGE_TEXTS)  # the stages of an answer after the click, as its card shows them
_SUMMARY = {"succeeded": "12 pods run 4.2.0.", "failed": "3 of 12 pods did not start; 4.1.9 runs again."}


async def make_stage(dev: Program, form: Form, stage: str) -> str:
    """Make an answered card of this form that shows this stage of its answer; returns its ts."""
    interaction = await _shown(dev, await dev.ask(**form.request))
    await _answer(dev, interaction, form)
    await dev.settled(interaction)
    if stage in ("unheard", "heard"):  # no agent has fetched the answer
        async with dev.transaction() as connection:
            await elapse(connection, "interactions", _UNHEARD, ids.decode("int", interaction["id"]), where="id = $1")
        await until(lambda: dev.card(interaction), lambda card: _STAGE_TEXTS["unheard"] in card["text"], within=60)
    if stage == "heard":
        await dev.get(interaction["id"])
    for status in dict.fromkeys(("picked_up", stage)) if stage in set(Progress) else ():
        body = {"status": status}
        if summary := _SUMMARY.get(status):
            body |= {"summary": summary, "url": "https://ci.example.com/runs/8841?tab=log"}
        response_status, _ = await dev.call(
            "POST", f"{dev.bridge(0)}/v1/interactions/{interaction['id']}/receipt", body
        )
        assert response_status == 200
    await until(lambda: dev.card(interaction), lambda card: _STAGE_TEXTS[stage] in card["text"], within=60)
    ts: str = interaction["cards"][0]["ts"]
    return ts


async def _answer(dev: Program, interaction: dict[str, Any], form: Form) -> None:
    if form.selected is not None:
        await dev.click(interaction, "U0ANA", replica=0, action_id=PICK, selected_option=form.selected)
    await dev.click(interaction, "U0ANA", replica=0, **form.click)


async def _shown(dev: Program, interaction: dict[str, Any]) -> dict[str, Any]:
    """Wait until the interaction's card is posted, and return the interaction; Slack takes one message a second."""
    shown: dict[str, Any] = await until(
        lambda: dev.get(interaction["id"]), lambda now: now["cards"][0]["ts"], within=60
    )
    return shown


async def _unreachable(dev: Program, form: Form) -> str:
    """Post a card for an unreachable interaction, which has none, as the bridge would edit a card found later."""
    interaction = await dev.ask(**{**form.request, "to": {"channel": _NOWHERE}})
    await until(lambda: dev.get(interaction["id"]), lambda now: now["status"] == "unreachable")
    async with pool.connect(dev.facts["database_url"], name="pictures", size=1) as db:
        organization, id = ids.decode("org", dev.facts["organization"]), ids.decode("int", interaction["id"])
        assert organization is not None and id is not None
        row = await interactions.get(db, organization, id)
    assert row is not None
    drawn = KINDS[row.kind].draw(CardView(row, 1))
    _, posted = await dev.call(
        "POST",
        f"{dev.facts['slack_url']}/api/chat.postMessage",
        {"channel": CHANNEL, "text": drawn.text, "blocks": drawn.blocks},
        {"Authorization": f"Bearer {dev.facts['bot_token']}"},
    )
    ts: str = posted["ts"]
    return ts
