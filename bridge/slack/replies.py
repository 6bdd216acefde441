"""What a clicker is told privately when the card does not say it: why a click did not win, and where to look instead.

Our own sentences in mrkdwn; whatever in them was written by others is escaped. Pure: the time is given.
"""

from datetime import datetime, timedelta
from typing import Final, assert_never

from bridge import ids
from bridge.card import blocks
from storage.model import Json, Life, Verdict

MOST_NAMES: Final = 10
_MOST_LABEL: Final = 75
_MOST_REASON: Final = 300
_NOTHING: Final = "Your click changed nothing."
_GONE: Final = f"This card is no longer active. {_NOTHING}"
_OUTSIDER: Final = f"People from other organizations cannot answer this question. {_NOTHING}"
_NO_FORM: Final = f"The form for this button could not be opened here. {_NOTHING} Please click again."
_UNAVAILABLE: Final = "Your click could not be confirmed. Please click again; it cannot count twice."


def reply(
    verdict: Verdict | str, life: Life | None, *, user: str, now: datetime, newer: str | None = None
) -> str | None:
    """The private text for `user`; None when the card says it all. `newer` is the address of a card that replaced this.

    Without a life nothing is known in this scope, and nothing is revealed.
    """
    if verdict is Verdict.UNAVAILABLE:
        return _UNAVAILABLE
    if life is None:
        return None if verdict is Verdict.WON else _GONE
    match verdict:
        case Verdict.WON | Verdict.MISTAKEN:
            return None  # the card or the form says it
        case Verdict.OPENED:
            return _NO_FORM
        case Verdict.GONE:
            return _GONE
        case Verdict.RECORDED:
            return f"Your answer {_label(life)} was already recorded{_ended(life, now)}."
        case Verdict.DECIDED | Verdict.TAKEN:
            return _answered(life, user=user, now=now)
        case Verdict.EXPIRED:
            ago = _ago(life.expires_at, now)
            return f"This question expired {ago}; no answer is taken any more. {_NOTHING}"
        case Verdict.CANCELLED:
            return f"This question was cancelled{_ended(life, now)}{_reason(life)} {_NOTHING}"
        case Verdict.SUPERSEDED:
            return f"A newer question replaced this one{_ended(life, now)}. {_newer(life, newer)} {_NOTHING}"
        case Verdict.UNREACHABLE:
            told = "it could not be shown, and whoever asked was told so."
            return f"This question was closed{_ended(life, now)}: {told} {_NOTHING}"
        case Verdict.OUTSIDER:
            return _OUTSIDER
        case Verdict.NOT_YOURS:
            return f"{_responders(life)} {_NOTHING}"
        case Verdict.UNAVAILABLE:
            return _UNAVAILABLE
        case str():
            return None  # stored by a later release, which told it when it was new
        case _:
            assert_never(verdict)


def payload(text: str, *, thread_ts: str | None = None) -> Json:
    """What is posted to a response URL: seen by the clicker alone, in the card's thread, and the card stays."""
    body: Json = {"response_type": "ephemeral", "replace_original": False, "text": text}
    return body | {"thread_ts": thread_ts} if thread_ts else body


def _answered(life: Life, *, user: str, now: datetime) -> str:
    by = (life.answer or {}).get("by") or {}
    label, ended = _label(life), _ended(life, now)
    who = by.get("user")
    if not isinstance(who, str):
        return f"Nobody answered in time, so {label} was recorded by default{ended}. {_NOTHING}"
    if who == user:
        return f"You already answered {label}{ended}, and that stands. {_NOTHING}"
    return f"{blocks.mention(who)} already answered {label}{ended}. {_NOTHING}"


def _label(life: Life) -> str:
    """The answer in our quotation marks, on one line."""
    label = (life.answer or {}).get("label")
    if not isinstance(label, str) or not label.strip():
        return "this"
    return blocks.quoted(label, _MOST_LABEL)


def _newer(life: Life, address: str | None) -> str:
    """Where to look instead: a link when the newer card's address is known, else the id at the foot of that card."""
    if address and address.startswith(("https://", "http://")):
        return f"Please answer {blocks.link(address, 'the newer one')}."
    name = f" ({ids.encode('int', life.superseded_by)})" if life.superseded_by else ""
    return f"Please answer the newer one{name}."


def _reason(life: Life) -> str:
    detail = (life.reason or {}).get("detail")
    if not isinstance(detail, str) or not detail.strip():
        return "."
    said = blocks.quoted(detail, _MOST_REASON)
    return f": {said}" if said.endswith((".”", "!”", "?”", "…”")) else f": {said}."


def _responders(life: Life) -> str:
    named = life.responders
    if not named:
        return "You are not among those who can answer this question."
    people = [blocks.mention(user) for user in named[:MOST_NAMES]]
    if more := len(named) - len(people):
        people.append(f"{more} other{'s' if more > 1 else ''}")
    who = people[0] if len(people) == 1 else f"{', '.join(people[:-1])} and {people[-1]}"
    return f"Only {who} can answer this question."


def _ended(life: Life, now: datetime) -> str:
    return f" {_ago(life.ended_at, now)}" if life.ended_at else ""


def _ago(then: datetime, now: datetime) -> str:
    """How long ago, in the largest whole unit; clocks that differ a little make it just now."""
    passed = now - then
    for unit, length in (
        ("day", timedelta(days=1)),
        ("hour", timedelta(hours=1)),
        ("minute", timedelta(minutes=1)),
        ("second", timedelta(seconds=1)),
    ):
        if (count := passed // length) > 0 and passed >= timedelta(seconds=5):
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"
