"""The check of `askbridge doctor --click`: a real card is posted, and the signed click on it reaches a replica."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

import bridge
from bridge import ids
from bridge.agents.http.problems import ApiProblem
from bridge.agents.interactions import opening
from bridge.agents.limits import limit_values
from bridge.agents.limits.pending_quota import PendingQuota
from bridge.commands.checks import Check, failed, ok
from bridge.commands.terminal import printable
from bridge.representation import status_text, waiting
from bridge.webhooks.guard import Guard
from bridge.webhooks.outgoing import Webhooks
from bridge.webhooks.sender import Sender
from storage import cards, connections, interactions, keys, receipts
from storage.interactions import Opened
from storage.model import Connection, Interaction, Json, Key, Status, TimelineEntry
from storage.pool import Database

NAME = "button"
KEY_NAME = "askbridge doctor"  # of the key that the card names; it is revoked from the beginning
TAG = "askbridge-doctor"
WAIT_SECONDS = 120.0  # for a person to press
POST_SECONDS = 20.0  # for a replica to post the card
_POLL_SECONDS = 0.5
_ONE = (
    "this tests one replica: if Slack showed an error for an earlier press, another replica refused that one, and logs "
    "slack_request_refused; behind a load balancer, run it several times"
)
_LIFE = 60  # seconds that the question stays open after the wait, should this process be killed


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonCheck:
    """Where to post the button, how long to wait for the click, and how to tell that it can be pressed."""

    channel: str
    seconds: float
    tell: Callable[[str], None]


async def examine(db: Database, connection: Connection, check: ButtonCheck) -> Check:
    """Ask a question in the channel, wait until its button is clicked, and withdraw it."""
    try:
        row = await _open(db, connection, check)
    except ApiProblem as problem:
        return failed(NAME, problem.detail, fix=f"fix that, then run: {_again(check)}")
    if row is None:
        return failed(NAME, "the test question could not be created", fix=f"run it again: {_again(check)}")
    try:
        return await _not_posted(db, row, check) or await _clicked(db, connection, row, check)
    finally:
        await _end(db, row)


async def _open(db: Database, connection: Connection, check: ButtonCheck) -> Interaction | None:
    body: Json = {
        "kind": "choice",
        "title": "Does a click arrive? Press a button.",
        "body": "`askbridge doctor` waits for the click and then closes this question. Nothing else happens.",
        "options": [{"id": "one", "label": "Press me"}, {"id": "other", "label": "Or me"}],
        "to": {"channel": check.channel},
        "responders": {"anyone_in_channel": True},
        "connection": ids.encode("con", connection.id),
        "expires_in": int(check.seconds + POST_SECONDS) + _LIFE,
        "tags": [TAG],
    }
    key = await _key(db, connection)
    guard = Guard.read("")
    async with contextlib.aclosing(Sender(guard, agent=f"askbridge/{bridge.__version__}")) as sender:
        result = await opening.open_from_body(
            db,
            PendingQuota(db=db, limits=limit_values.USUAL),
            key,
            body,
            idempotency_key=None,
            webhooks=Webhooks(keys=None, guard=guard, sender=sender),
        )
    return result.outcome.interaction if isinstance(result.outcome, Opened) else None


async def _key(db: Database, connection: Connection) -> Key:
    """The organization's key of this name, which is of no use: it is revoked, and its secret was never shown."""
    every = await keys.of_organization(db, connection.organization_id)
    found = next((key for key in every if key.name == KEY_NAME and key.revoked_at is not None), None)
    if found is not None:
        return found
    made, _ = await keys.create(db, organization_id=connection.organization_id, id=ids.new(), name=KEY_NAME)
    await keys.revoke(db, organization_id=made.organization_id, id=made.id)
    return made


async def _not_posted(db: Database, asked: Interaction, check: ButtonCheck) -> Check | None:
    """Wait for the card. None once it is posted; else why it is not."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + POST_SECONDS
    reason: Json | None = None
    while clock() < deadline and (reason or {}).get("code") != waiting.TOKEN_MISSING["code"]:
        row = await interactions.get(db, asked.organization_id, asked.id)
        (card, *_) = await cards.of_interaction(db, asked.organization_id, asked.id)
        if card.ts is not None:
            return None
        if row is None or row.status is not Status.PENDING:
            reason = (row.reason if row else None) or {}
            break
        reason = waiting.reason(card, row.read_at)
        await asyncio.sleep(_POLL_SECONDS)
    detail = printable((reason or {}).get("detail") or f"no replica posted it within {POST_SECONDS:.0f} s")
    fix = (reason or {}).get("fix") or "Check that a replica runs (askbridge serve), and read its log."
    return failed(NAME, f"no card was posted in {check.channel}: {detail}", fix=f"{fix} Then run: {_again(check)}")


async def _clicked(db: Database, connection: Connection, asked: Interaction, check: ButtonCheck) -> Check:
    """Wait for a click with any verdict: a replica wrote it down, so that Slack's signature was good."""
    clock = asyncio.get_running_loop().time
    check.tell(f"A card was posted in {check.channel}. Press one of its buttons within {check.seconds:.0f} s …")
    deadline = clock() + check.seconds
    while True:
        moments = await interactions.timeline(db, asked.organization_id, asked.id)
        click = next((moment for moment in moments if moment.type == "interaction.clicked"), None)
        if click is not None:
            return ok(
                NAME,
                f"a signed click by {_person(click)} in {check.channel} reached a replica ({click.verdict}); {_ONE}",
            )
        row = await interactions.get(db, asked.organization_id, asked.id)
        if row is None or row.status is not Status.PENDING:
            return failed(NAME, "another program closed the test question", fix=f"run it again: {_again(check)}")
        if clock() >= deadline:
            break
        await asyncio.sleep(_POLL_SECONDS)
    clicked = await connections.was_clicked(db, connection.scope)
    before = "clicks from this workspace arrived earlier" if clicked else "none from this workspace ever arrived"
    return failed(
        NAME,
        f"no signed click from {check.channel} arrived within {check.seconds:.0f} s; {before}",
        fix="if a button was pressed: (1) open the app at https://api.slack.com/apps and, under Interactivity & "
        "Shortcuts, turn Interactivity on and set the Request URL to this bridge's address with /slack/events. (2) If "
        "a replica logs slack_request_refused, do what the fix there says; mostly ASKBRIDGE_SLACK_SIGNING_SECRET "
        "belongs to another app. (3) If no replica logs anything, the Request URL leads elsewhere: askbridge doctor "
        f"--url URL. Then run: {_again(check)}",
    )


async def _end(db: Database, asked: Interaction) -> None:
    """Withdraw the question unless it was answered; its answer was taken notice of, which its card need not deny."""
    reason = {
        "code": status_text.CANCELLED_BY_AGENT,
        "detail": "The test of askbridge doctor is over.",
        "fix": "Run askbridge doctor --click again.",
    }
    await interactions.cancel(
        db, asked.organization_id, asked.id, reason=reason, cancelled_by=KEY_NAME, event_id=ids.new()
    )
    await receipts.acknowledge(db, [(asked.organization_id, asked.id)])


def _person(click: TimelineEntry) -> str:
    return printable(status_text.person(click.by or "?", click.detail.get("user_name")))


def _again(check: ButtonCheck) -> str:
    return f"askbridge doctor --click {check.channel}"
