"""Brings about each verdict that a page of a full text can have, and describes the page as docs/verdicts.md does."""

import copy
from typing import Any

from bridge import ids
from bridge.card import action_ids
from bridge.forms import codec
from bridge.slack.forms.pages import NOT_SHOWN
from storage.model import Verdict
from tests import payloads
from tests.scenarios import form_verdicts, verdicts, written
from tests.scenarios.form_verdicts import FormCase
from tests.scenarios.program import Program
from tests.scenarios.verdicts import ANA, BOB, SAM, Scene, Variant
from tests.waiting import until

LONG = Variant(
    name="approval with a full text",
    body={
        "kind": "approval",
        "title": "Deploy 1.4 to production?",
        "action": {"name": "run", "full": "".join(f"line {number:05} of the script\n" for number in range(1_000))},
    },
    yes="approve",
    no="deny",
    threaded=False,
    words={},
)
CASES = [
    FormCase(name="opened", verdict=Verdict.OPENED),
    FormCase(name="decided", verdict=Verdict.DECIDED, arrange=verdicts.answered),
    FormCase(name="taken", verdict=Verdict.TAKEN, arrange=verdicts.answered, user=BOB),
    FormCase(name="expired", verdict=Verdict.EXPIRED, arrange=verdicts.overdue),
    FormCase(name="cancelled", verdict=Verdict.CANCELLED, arrange=verdicts.cancelled),
    FormCase(name="superseded", verdict=Verdict.SUPERSEDED, arrange=verdicts.superseded),
    FormCase(name="unreachable", verdict=Verdict.UNREACHABLE, arrange=verdicts.restored),
    FormCase(name="outsider", verdict=Verdict.OUTSIDER, user=SAM),
    FormCase(name="not yours", verdict=Verdict.NOT_YOURS, user=BOB),
    FormCase(name="gone, purged", verdict=Verdict.GONE, arrange=verdicts.purged, whole=False),
    FormCase(name="unavailable", verdict=Verdict.UNAVAILABLE, during=verdicts.locked, audited=False),
]
ROWS = dict(zip([case.name for case in CASES], written.page_rows(), strict=True))


async def opened(scene: Scene) -> dict[str, Any]:
    """The first page, which @ana's click opened on the first replica."""
    clicked = await scene.dev.click(scene.asked, ANA, replica=0, action_id=action_ids.SHOW, wait_view=3)
    view: dict[str, Any] = clicked["view"]
    assert view is not None, clicked
    return view


def payload(view: dict[str, Any], case: FormCase) -> Any:
    """What Slack would send when the person of the case wants to see the second page of this view."""
    sent = payloads.load("block_actions_modal")
    sent["user"] |= form_verdicts.person(case.user)
    sent["trigger_id"] = ids.new().hex
    sent["container"]["view_id"] = view["id"]
    sent["view"] = copy.deepcopy(view)
    sent["actions"][0] |= {"type": "button", "action_id": codec.page_action(1)}
    return sent


async def becomes(dev: Program, view: dict[str, Any], status: int) -> str:
    """What the page becomes, as the document says it."""
    if status != 200:
        return "It stays, and Slack marks the button."

    async def now() -> dict[str, Any]:
        return next(one for one in (await dev.views(ANA))["views"] if one["id"] == view["id"])

    found = await until(now, lambda one: one["hash"] != view["hash"])
    if found["title"]["text"] == NOT_SHOWN:
        assert "line 0" not in str(found["blocks"])
        return f"Replaced: {written.as_written(found['blocks'][0]['text']['text'], {})}"
    page = found["blocks"][1]["elements"][0]["text"].split(" of ")[0]
    assert "line 00500" in str(found["blocks"])
    return f"{page} is shown."
