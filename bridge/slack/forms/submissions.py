"""Decide a sent form: the same claim as for a click, with what was entered, and the acknowledgement that says so.

Nothing counts but the submission: the click that opened the form has taken nothing, and a closed form decides nothing.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from bridge.forms import given
from bridge.forms.form import FieldErrors
from bridge.logs import Log
from bridge.slack import newer_card
from bridge.slack.claims import Claims, ClaimValues, ClickOutcome
from bridge.slack.forms import answers, filled_form, page_rows
from bridge.slack.forms.filled_form import FilledForm, LaterForm
from bridge.slack.payloads.incoming import Submission
from bridge.slack.private_replies import public_id
from storage.model import Connection, Intent, Json, Verdict
from storage.pool import Database

_log = Log("clicks")

_NEWER_SECONDS = 0.3  # to look for the card that replaced a question; its id is named without it


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedSubmission:
    """The outcome of a submission, and how it is acknowledged."""

    outcome: ClickOutcome
    status: int
    body: Json | None


class Submissions:
    """Decides submissions on one replica."""

    def __init__(self, *, claims: Claims, db: Database) -> None:
        self._claims = claims
        self._db = db

    async def decide(self, submission: Submission) -> DecidedSubmission:
        """Claim with what was entered, in the scope of the signed installation; never raises.

        The status is 503 if the verdict could not be confirmed: Slack then keeps the form, and the person can submit it
        again, which cannot count twice.
        """
        click = submission.click
        filled: FilledForm | LaterForm | None = None

        async def prepare(connection: Connection, deadline: float) -> ClaimValues:
            nonlocal filled
            is_turned = submission.target is not None and submission.target.is_turned
            pages = page_rows.key(submission, connection) if is_turned else None
            asked, kept = await self._claims.asked(click, connection, deadline=deadline, pages=pages)
            before = given.read(kept.entered) if kept is not None else None
            filled = filled_form.read(asked, submission, before=before) if asked is not None else None
            return _values(filled)

        outcome = await self._claims.decide(click, prepare, is_in_view=True)
        if not outcome.certain:
            return DecidedSubmission(outcome=outcome, status=503, body=None)
        try:
            db = self._db.within(_NEWER_SECONDS)
            await self._keep(submission, outcome, filled)
            newer = await newer_card.for_clicker(db, outcome.connection, outcome.claimed, channel=click.channel)
            body = answers.body(submission, outcome, filled, now=datetime.now(UTC), newer=newer)
        except Exception as error:  # noqa: BLE001  -- a bug in the bridge; an empty 200 would tell the person that it counts
            _log.failure("form_not_answered", error, interaction=public_id(click))
            return DecidedSubmission(outcome=outcome, status=503, body=None)
        return DecidedSubmission(outcome=outcome, status=200, body=body)

    async def _keep(self, submission: Submission, outcome: ClickOutcome, filled: FilledForm | LaterForm | None) -> None:
        """Keep what was entered on a page that is not the last one to be shown; raises Unavailable."""
        is_open = outcome.claimed.verdict in (Verdict.OPENED, Verdict.MISTAKEN)
        if is_open and outcome.connection is not None and isinstance(filled, FilledForm) and filled.pages > 1:
            key = page_rows.key(submission, outcome.connection)
            await page_rows.write(self._db, key, filled.submitted, page=filled.next_page, claim_id=submission.claim_id)


def _values(filled: FilledForm | LaterForm | None) -> ClaimValues:
    """The values of the claim for a form that was read; one that the interaction does not have is `gone`."""
    if filled is None:
        return ClaimValues(intent=Intent.ANSWER, given={})
    if isinstance(filled, LaterForm) or filled.accepted is None or isinstance(filled.accepted, FieldErrors):
        return ClaimValues(intent=Intent.MISTAKEN)
    if filled.turns:
        return ClaimValues(intent=Intent.OPEN)
    return ClaimValues(intent=Intent.ADD if filled.adds else Intent.ANSWER, given=filled.accepted)
