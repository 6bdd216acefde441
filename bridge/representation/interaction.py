"""The interaction resource: every field that responses, events and webhooks contain."""

from datetime import UTC, datetime
from uuid import UUID

from bridge import ids
from bridge.representation import status_text, waiting
from storage.model import Card, CardStatus, Interaction, Json, Status

# Fields of some kinds, as they were sent, about words that people give.
_IN_WORDS = ("comment", "respond", "multiple", "input", "suggestions", "questions", "order", "submit", "decline")
_LARGE = ("schema", "initial", "edit")  # fields of forms, left out of lists like the body


def interaction(row: Interaction, cards: list[Card], *, with_body: bool = True, full_text: str | None = None) -> Json:
    """The whole resource; a list leaves out the body unless it is asked for.

    The full text of the action is in it only if it is given: its size, digest and preview always are.
    """
    answered_at = row.ended_at if row.status is Status.ANSWERED else None
    return {
        "id": ids.encode("int", row.id),
        "kind": row.kind,
        "status": row.status.value,
        "message": status_text.sentence(row, cards),
        "answer": answer(status_text.in_order(row), at=answered_at) if row.answer is not None else None,
        "reason": reason(row.reason),
        "digest": row.digest,
        "title": row.request["title"],
        **({"body": row.request.get("body")} if with_body else {}),
        "action": _action(row, full_text),
        "facts": row.request.get("facts", []),
        "options": [_first(option, "id", "label") for option in row.request.get("options", [])],
        **{name: row.request[name] for name in _LARGE if with_body and name in row.request},
        **{name: row.request[name] for name in _IN_WORDS if name in row.request},
        "truncated": truncated(cards),
        "to": recipients(cards),
        "responders": {"anyone_in_channel": True} if row.responders is None else {"users": row.responders},
        "outsiders": "allow" if row.home_teams is None else "refuse",
        "on_expiry": on_expiry(row),
        "agent": row.request.get("agent"),
        "on_behalf_of": row.request.get("on_behalf_of"),
        "cards": [card(each, status=row.status, now=row.read_at) for each in cards],
        "supersedes": _id(row.supersedes),
        "superseded_by": _id(row.superseded_by),
        "tags": row.tags,
        "metadata": row.metadata,
        "idempotency_key": row.idempotency_key,
        "created_at": moment(row.created_at),
        "expires_at": moment(row.expires_at),
        "answered_at": moment(answered_at),
        "heard_at": moment(row.heard_at),
        "receipt": receipt(row.receipt),
    }


def _action(row: Interaction, full_text: str | None) -> Json | None:
    """The action, with the decisive fields first."""
    action = row.request.get("action")
    if action is None or "full" not in action:
        return action
    text = {} if full_text is None else {"text": full_text}
    return _first(action | {"full": _first(action["full"] | text, "size", "sha256", "preview")}, "name", "arguments")


def answer(stored: Json, *, at: datetime | None) -> Json:
    """The answer, with the decisive fields first: a database keeps no order of names."""
    by = stored.get("by")
    person = _first(by, "user", "name", "team") if by else None
    decisive = (
        "decision",
        "approved",
        "option",
        "label",
        "comment",
        "text",
        "options",
        "answers",
        "values",
        "arguments",
        "changes",
        "edited",
        "digest",
        "by",
        "at",
    )
    changes = {"changes": [_first(one, "pointer", "from", "to") for one in stored.get("changes", ())]}
    found = stored | changes if "changes" in stored else stored
    return _first({**found, "by": person, "at": moment(at)}, *decisive)


def reason(stored: Json | None) -> Json | None:
    """Why an interaction or a card failed: a code, what happened, and how to fix it."""
    return _first(stored, "code", "detail", "fix") if stored else None


def receipt(stored: Json | None) -> Json | None:
    """The receipt as the agent last reported it."""
    return _first(stored, "status", "summary", "url", "picked_up_at", "at") if stored else None


def recipients(cards: list[Card]) -> list[Json]:
    """The addresses that were asked for, in their order; other cards were found in Slack, and have no ordinal.

    After an unknown outcome, one address may have two cards.
    """
    asked_for = {card.ordinal: card.address for card in cards if card.ordinal > 0}
    return [_first(asked_for[ordinal], "user", "channel", "thread_ts") for ordinal in sorted(asked_for)]


def truncated(cards: list[Card]) -> list[str]:
    """JSON pointers of the fields that people saw in part, on any card; a card that is not posted yet has none."""
    return list(dict.fromkeys(pointer for card in cards for pointer in card.truncated or ()))


def on_expiry(row: Interaction) -> Json | None:
    """The default answer as it was asked for; None without one."""
    if row.on_expiry is None:
        return None
    stored = row.answers[row.on_expiry]
    name = next(name for name in ("decision", "option", "text") if stored.get(name) is not None)
    return {name: stored[name]}


def card(row: Card, *, status: Status, now: datetime) -> Json:
    """One card of an interaction with this status; `now` is the database's clock at the time of the read."""
    return {
        "status": card_status(row, status).value,
        "channel": row.channel or row.address.get("channel"),
        "ts": row.ts,
        "permalink": row.permalink,
        "reason": _card_reason(row, now=now),
    }


def _card_reason(row: Card, *, now: datetime) -> Json | None:
    """The reason of a card, with the time until which it waits if that is known."""
    found = reason(waiting.reason(row, now))
    until = moment(waiting.until(row, now))
    return {**found, "until": until} if found and until else found


def card_status(row: Card, status: Status) -> CardStatus:
    """The status of one card of an interaction with this status."""
    if row.given_up_at is not None:
        return CardStatus.FAILED
    # A card that shows the end stays settled while a receipt is still to be added. The previous release did not mark a
    # card that was never posted, and that need not be posted any more.
    if status is not Status.PENDING and (row.settled or (row.ts is None and row.shown == row.wanted)):
        return CardStatus.SETTLED
    return CardStatus.POSTED if row.ts is not None else CardStatus.QUEUED


def moment(at: datetime | None) -> str | None:
    """A time as RFC 3339 in UTC, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None


def _first(value: Json, *names: str) -> Json:
    return {name: value[name] for name in names if name in value} | value


def _id(value: UUID | None) -> str | None:
    return ids.encode("int", value) if value else None
