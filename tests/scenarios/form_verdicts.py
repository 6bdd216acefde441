"""Brings about each verdict that a form can have, and describes what the form becomes as docs/verdicts.md does."""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from bridge.card import action_ids
from bridge.forms import codec
from sandbox.slack.views.acks import TROUBLE
from storage.model import Verdict
from tests.bridge import submissions
from tests.scenarios import verdicts, written
from tests.scenarios.verdicts import ANA, BOB, SAM, Case, Scene, Variant
from tests.waiting import until

BLOCK = codec.block_id("comment")
WORDS = "Not on a Friday."
COMMENTED = Variant(
    name="approval with a comment",
    body={"kind": "approval", "title": "Deploy 1.4 to production?", "comment": {"deny": "required"}},
    yes="approve",
    no="deny",
    threaded=False,
    words={},
)


@dataclass(frozen=True, kw_only=True)
class FormCase(Case):
    """One row of the table of forms: what happens while the form is open, and what is sent then."""

    entered: str = WORDS
    change: Callable[[Any], object] = lambda _: None


async def _answered_in_a_form(scene: Scene) -> None:
    view = await opened(scene)
    await submit(scene, view, replica=0)
    await scene.settled()


def _outdated(payload: Any) -> None:
    payload["view"]["state"]["values"] = {"b0Old": payload["view"]["state"]["values"][BLOCK]}


def _of_another_workspace(payload: Any) -> None:
    payload["view"]["app_installed_team_id"] = payload["team"]["id"] = "T0OTHER"


def _of_another_choice(payload: Any) -> None:
    metadata = json.loads(payload["view"]["private_metadata"])
    payload["view"]["private_metadata"] = json.dumps(metadata | {"choice": "never"})


CASES = [
    FormCase(name="won", verdict=Verdict.WON),
    FormCase(name="recorded", verdict=Verdict.RECORDED, arrange=_answered_in_a_form),
    FormCase(name="mistaken", verdict=Verdict.MISTAKEN, entered=" "),
    FormCase(name="mistaken, outdated", verdict=Verdict.MISTAKEN, change=_outdated),
    FormCase(name="decided", verdict=Verdict.DECIDED, arrange=_answered_in_a_form, entered="Never."),
    FormCase(name="taken", verdict=Verdict.TAKEN, arrange=verdicts.answered, user=BOB),
    FormCase(
        name="taken by default",
        verdict=Verdict.TAKEN,
        arrange=verdicts.overdue,
        ask=lambda _: {"on_expiry": {"decision": "approve"}},
    ),
    FormCase(name="expired", verdict=Verdict.EXPIRED, arrange=verdicts.overdue),
    FormCase(name="cancelled", verdict=Verdict.CANCELLED, arrange=verdicts.cancelled),
    FormCase(name="superseded", verdict=Verdict.SUPERSEDED, arrange=verdicts.superseded),
    FormCase(name="unreachable", verdict=Verdict.UNREACHABLE, arrange=verdicts.restored),
    FormCase(name="outsider", verdict=Verdict.OUTSIDER, user=SAM),
    FormCase(name="not yours", verdict=Verdict.NOT_YOURS, user=BOB),
    FormCase(name="gone, no such choice", verdict=Verdict.GONE, change=_of_another_choice),
    FormCase(name="gone, purged", verdict=Verdict.GONE, arrange=verdicts.purged, whole=False),
    FormCase(name="gone, foreign", verdict=Verdict.GONE, change=_of_another_workspace, audited=False),
    FormCase(name="unavailable", verdict=Verdict.UNAVAILABLE, during=verdicts.locked, audited=False),
]
ROWS = dict(zip([case.name for case in CASES], written.form_rows(), strict=True))


async def opened(scene: Scene, *, replica: int = 0) -> dict[str, Any]:
    """The form that @ana's click opened."""
    action_id = action_ids.open_form("deny")
    clicked = await scene.dev.click(scene.asked, ANA, replica=replica, action_id=action_id, wait_view=3)
    view: dict[str, Any] = clicked["view"]
    assert view is not None, clicked
    return view


async def submit(scene: Scene, view: dict[str, Any], *, replica: int) -> dict[str, Any]:
    """Submit a form in the sandbox, with the words."""
    return await scene.dev.submit(view, {BLOCK: {codec.INPUT: WORDS}}, replica=replica)


def payload(view: dict[str, Any], case: FormCase) -> Any:
    """What Slack would send of this form for the case."""
    sent = submissions.payload(view, case.entered)
    sent["user"] |= person(case.user)
    case.change(sent)
    return sent


def person(user: str) -> dict[str, str]:
    """How a payload describes a person."""
    name = user[2:].lower()
    return {"id": user, "name": name, "username": name, "team_id": "T0OTHER" if user == SAM else "T0SANDBOX"}


def becomes(status: int, body: Any, *, fields: Collection[str] = (BLOCK,)) -> str:
    """What the form becomes, as the document says it; only these fields may be named."""
    if status != 200:
        return f"It stays open, and Slack says: {TROUBLE}"
    if body is None:
        return "It closes."
    if body["response_action"] == "errors":
        ((field, text),) = body["errors"].items()
        assert field in fields
        return f"Under the field: {text}"
    text = written.as_written(body["view"]["blocks"][0]["text"]["text"], {})
    return f"{'Shown again' if 'submit' in body['view'] else 'Replaced'}: {text}"


async def told(scene: Scene, view: dict[str, Any]) -> str:
    """The notice above the form, once the card was settled."""

    async def found() -> str:
        blocks = next(one["blocks"] for one in (await scene.dev.views(ANA))["views"] if one["id"] == view["id"])
        return str(blocks[0]["text"]["text"]) if blocks[0]["type"] == "section" else ""

    return written.as_written(await until(found, bool), {})
