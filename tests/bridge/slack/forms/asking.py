"""Questions whose answers need a form, and what people do with the form in the sandbox."""

import json
from typing import Any

from bridge import ids
from bridge.card import action_ids
from bridge.forms import codec
from bridge.kinds.registry import KINDS
from storage import interactions
from storage.model import Handle, Interaction, Json
from tests import payloads
from tests.bridge import submissions
from tests.bridge.replica import Replica
from tests.sandbox.slack.conftest import Control
from tests.storage import build

COMMENTED: Json = {
    "kind": "approval",
    "title": "Deploy 1.4 to production?",
    "comment": {"deny": "required", "approve": "optional"},
    "respond": True,
}
SEVERAL: Json = {
    "kind": "choice",
    "title": "Which days?",
    "options": [{"id": day, "label": day.title()} for day in ("mon", "tue", "wed")],
    "multiple": {"min": 1, "max": 2},
}
CHANNEL = "C0APPROVALS"
WORDS = "Not on a Friday."


async def ask(replica: Replica, request: Json = COMMENTED, **other: Any) -> tuple[Interaction, Handle]:
    """A question with forms, and its posted card."""
    kind = KINDS[request["kind"]]
    accepted = kind.request.model_validate(request)
    stored = {
        "kind": kind.name,
        "request": kind.stored(accepted),
        "digest": kind.digest(accepted),
        "answers": kind.answers(accepted),
        "forms": kind.stored_forms(accepted),
        "full_text": kind.full_text(accepted),
    }
    question = await build.question(replica.db, replica.tenant, **stored | other)
    return question, await replica.show(question)


async def click(
    replica: Replica,
    question: Interaction,
    handle: Handle,
    *,
    choice: str = "deny",
    action_id: str | None = None,
    **other: Any,
) -> Any:
    """Click on the button that opens the form of a choice, or on the one with this action_id.

    Returns once the work after the acknowledgement is done.
    """
    stale = {
        "block_id": action_ids.block_id(question.id, 1),
        "action_id": action_id or action_ids.open_form(choice),
        "value": "1",
    }
    return await replica.click(question, handle, stale=stale, **other)


async def opened(replica: Replica, question: Interaction, handle: Handle, **other: Any) -> Json:
    """The form that a click opened."""
    view: Json | None = (await click(replica, question, handle, wait_view=3, **other))["view"]
    assert view is not None, replica.whispers(handle.channel)
    return view


async def views(replica: Replica, user: str = "U0ANA") -> list[Json]:
    """The forms that a person has open."""
    found: list[Json] = (await Control(replica.slack.url, replica.http).get("views", as_=user))["views"]
    return found


async def view(replica: Replica, user: str = "U0ANA") -> Json:
    """The one form that a person has open."""
    (found,) = await views(replica, user)
    return found


async def submit(
    replica: Replica, view: Json, entered: Any = WORDS, *, user: str = "U0ANA", field: str = "comment", **other: Any
) -> Any:
    """Submit a form to this replica; return the sandbox's report once the work after the acknowledgement is done."""
    values = {codec.block_id(field): {codec.INPUT: entered}}
    control = Control(replica.slack.url, replica.http)
    sent = {"user": user, "values": values, "request_url": replica.url} | other
    report = await control.post(f"views/{view['id']}/submit", **sent)
    await replica.inbound.close()
    return report


async def close(replica: Replica, view: Json) -> Any:
    """Close a form as @ana; return the sandbox's report."""
    return await Control(replica.slack.url, replica.http).post(f"views/{view['id']}/close", user="U0ANA")


async def cancel(replica: Replica, question: Interaction, *, reason: str = "The release was called off.") -> None:
    """Cancel a question as the agent does, with these words."""
    await interactions.cancel(
        replica.db,
        question.organization_id,
        question.id,
        reason={"code": "cancelled", "detail": reason, "fix": None},
        cancelled_by="deploy-bot",
        event_id=ids.new(),
    )


async def purge(replica: Replica) -> None:
    """Delete every question, as retention does with old ones."""
    for table in ("clicks", "events", "cards", "interactions"):
        await replica.db.fetch(f"delete from {table}")


async def settled(replica: Replica) -> None:
    """Have every card show what it should, and the forms that are open be told."""
    await replica.settle()
    await replica.parts.form_notices.close()


def shown(view: Json) -> str:
    """Everything that a form shows, as text."""
    return json.dumps(view["blocks"], ensure_ascii=False)


async def read(replica: Replica, question: Interaction) -> Interaction:
    return await build.read(replica.db, replica.tenant, question.id)


def payload(view: Json, words: str = WORDS, *, user: str = "U0ANA", team: str = "T0SANDBOX") -> Any:
    """The payload of a submission of this form, which the test may change and send by itself."""
    return submissions.payload(view, words, user=user, team=team)


async def send(replica: Replica, sent: Any) -> Json | None:
    """Send a submission, signed; return the body of the acknowledgement once the work after it is done."""
    answer = await replica.send(payloads.form(sent))
    assert answer.status == 200, answer
    body: Json | None = json.loads(answer.body) if answer.body else None
    return body
