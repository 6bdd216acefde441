"""Builds interactions that are valid in every status; a test passes only what matters to it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from bridge.kinds.registry import KINDS
from storage.model import Interaction, Json, Status
from tests.bridge import submissions

ASKED_AT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
ID = UUID("0193a2b4-0000-7000-8000-000000000001")
NEWER = UUID("0193a2b4-0000-7000-8000-000000000002")


def interaction(request: Json | None = None, *, status: Status = Status.PENDING, **changes: Any) -> Interaction:
    """An interaction in this status, as storage returns it."""
    sent = request or {"kind": "approval", "title": "Restart the queue?"}
    kind = KINDS[sent["kind"]]
    accepted = kind.request.model_validate(sent)
    pending = Interaction(
        organization_id=UUID(int=1),
        connection_id=UUID(int=2),
        id=ID,
        kind=kind.name,
        status=Status.PENDING,
        request=kind.stored(accepted),
        digest=kind.digest(accepted),
        answers=kind.answers(accepted),
        forms=kind.stored_forms(accepted),
        responders=["U0ANA", "U0BOB"],
        home_teams=["T0HOME"],
        key_id=UUID(int=3),
        asked_by="release-bot",
        tags=[],
        metadata={},
        idempotency_key=None,
        supersedes=None,
        on_expiry=None,
        superseded_by=None,
        answer=None,
        choice=None,
        reason=None,
        cards_left=0,
        cards_shown=1,
        heard_at=None,
        unheard=False,
        receipt=None,
        created_at=ASKED_AT,
        read_at=ASKED_AT,
        expires_at=ASKED_AT + timedelta(days=1),
        ended_at=None,
    )
    return replace(pending, **(_life(pending, status) | changes))


def worded(pending: Interaction, choice: str, words: str = submissions.WORDS) -> dict[str, Any]:
    """The answer of an interaction that was answered with a form."""
    kind = KINDS[pending.kind]
    request = kind.read(pending.request)
    form = kind.form_of(request, choice)
    assert form is not None
    given = kind.accepted(request, choice, submissions.valid(form, words))
    assert isinstance(given, dict)
    by = {"user": "U0ANA", "name": "ana", "team": "T0HOME"}
    return {"choice": choice, "answer": given | pending.forms[choice] | {"by": by, "via": "form"}}


def reported(status: str, summary: str | None = None, url: str | None = None, *, picked_up: bool = True) -> Json:
    """The fields of an answered interaction after the agent sent this report."""
    at = "2026-11-21T10:07:00.000Z"
    before = "2026-11-21T10:06:00.000Z" if picked_up else None
    picked_up_at = at if status == "picked_up" else before
    receipt = {"status": status, "summary": summary, "url": url, "picked_up_at": picked_up_at, "at": at}
    return {"status": Status.ANSWERED, "heard_at": ASKED_AT + timedelta(minutes=5, seconds=1), "receipt": receipt}


def _life(pending: Interaction, status: Status) -> dict[str, Any]:
    """The fields that the constraints of the database require for a status."""
    ended = {"status": status, "ended_at": ASKED_AT + timedelta(minutes=5)}
    match status:
        case Status.PENDING:
            return {}
        case Status.ANSWERED:
            by = {"user": "U0ANA", "name": "ana", "team": "T0HOME"}
            for choice, answer in pending.answers.items():
                return ended | {"choice": choice, "answer": answer | {"by": by, "via": "button"}}
            return ended | worded(pending, next(iter(pending.forms)))
        case Status.EXPIRED:
            return ended
        case Status.SUPERSEDED:
            return ended | {"superseded_by": NEWER}
        case Status.CANCELLED | Status.UNREACHABLE:
            return ended | {"reason": {"code": "no_longer_needed", "detail": "The incident is over.", "fix": None}}
