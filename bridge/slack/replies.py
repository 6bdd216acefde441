"""Private texts for a person, about what the card does not show: why a click did not win, and which card replaced it.

The same is told in a reply to a click, on the page that replaces a submitted form, and in the notice above a form that
is still open. The sentences are mrkdwn; text in them that agents or people wrote is escaped. Pure: the caller passes
the time.
"""

from datetime import datetime, timedelta
from enum import Enum
from typing import Final, assert_never

from bridge import ids
from bridge.card import blocks
from bridge.card.frame import Drawing
from storage.model import Json, Life, Verdict

MAX_NAMES: Final = 10
_MAX_LABEL: Final = 75  # characters
_MAX_REASON: Final = 300  # characters


class About(Enum):
    """What a text is about; the value says what did not happen."""

    CLICK = "Your click had no effect."
    SUBMISSION = "What you entered was not recorded."
    OPEN_FORM = "What you enter here can no longer be recorded."
    PAGE = "The text is not shown."


_CLICK: Final = About.CLICK.value
_UNSELECTED: Final = f"No option is selected. {_CLICK} Please select one in the menu first, then click Submit."
NO_FORM: Final = f"The form for this button could not be opened. {_CLICK} Please click again."
UNAVAILABLE: Final = "Your click could not be confirmed. Please click again; it cannot count twice."


def reply(
    verdict: Verdict | str,
    life: Life | None,
    *,
    user: str,
    now: datetime,
    newer: str | None = None,
    is_unselected: bool = False,
    about: About = About.CLICK,
) -> str | None:
    """Return the private text for `user`; None if no reply is needed. `newer` is the permalink of a replacing card.

    `life` is None if the scope has no such interaction; then the text reveals nothing about any. `is_unselected`: the
    click submits the choice of a menu, and nothing was selected there.
    """
    nothing = about.value
    gone = f"This {'card' if about is About.CLICK else 'question'} is no longer active. {nothing}"
    if verdict is Verdict.UNAVAILABLE:
        return UNAVAILABLE
    if life is None:
        return None if verdict is Verdict.WON else gone
    match verdict:
        case Verdict.WON:
            return None  # the card shows it
        case Verdict.MISTAKEN:
            return _UNSELECTED if is_unselected else None  # the form shows its errors
        case Verdict.OPENED:
            return NO_FORM
        case Verdict.GONE | Verdict.REFUSED | Verdict.ADDED:  # the last two are of things, see thing_replies
            return _UNSELECTED if is_unselected else gone  # the release before stores gone for both
        case Verdict.RECORDED:
            return f"Your answer {_label(life)} was already recorded{_ended(life, now)}."
        case Verdict.DECIDED | Verdict.TAKEN:
            return f"{_answered(life, user=user, now=now)} {nothing}"
        case Verdict.EXPIRED:
            ago = _ago(life.expires_at, now)
            return f"This question expired {ago} and can no longer be answered. {nothing}"
        case Verdict.CANCELLED:
            return f"This question was cancelled{_ended(life, now)}{_reason(life)} {nothing}"
        case Verdict.SUPERSEDED:
            return f"This question was replaced by a newer one{_ended(life, now)}. {_newer(life, newer)} {nothing}"
        case Verdict.UNREACHABLE:
            why = "It could not be delivered to anyone who can answer, and the agent was informed."
            return f"This question was closed{_ended(life, now)}. {why} {nothing}"
        case Verdict.OUTSIDER:
            return f"People from other organizations cannot answer this question. {nothing}"
        case Verdict.NOT_YOURS:
            return f"{_responders(life)} {nothing}"
        case str():
            return None  # stored by a later release, which replied when the verdict was new
        case _:
            assert_never(verdict)


def payload(text: str, *, thread_ts: str | None = None) -> Json:
    """Return the body for a response URL: visible to the clicker only, in the card's thread, keeping the card."""
    body: Json = {"response_type": "ephemeral", "replace_original": False, "text": text}
    return body | {"thread_ts": thread_ts} if thread_ts else body


def replacement(card: Drawing) -> Json:
    """Return the body for a response URL that replaces the clicked card."""
    return {"replace_original": True, "text": card.text, "blocks": card.blocks}


def recorded(life: Life | None) -> str:
    """Return the private text for a winner whose card could be neither edited nor replaced."""
    label = _label(life) if life else "this"
    return (
        f"Your answer {label} was recorded. This card cannot be updated at the moment and may still show its buttons; "
        "no further click is needed."
    )


def _answered(life: Life, *, user: str, now: datetime) -> str:
    by = (life.answer or {}).get("by") or {}
    label, ended = _label(life), _ended(life, now)
    answerer = by.get("user")
    if not isinstance(answerer, str):
        return f"The deadline passed without an answer, so {label} was recorded by default{ended}."
    if answerer == user:
        return f"You already answered {label}{ended}, and that answer is final."
    return f"{blocks.mention(answerer)} already answered {label}{ended}."


def _label(life: Life) -> str:
    """The answer's label in quotation marks, on one line."""
    label = (life.answer or {}).get("label")
    if not isinstance(label, str) or not label.strip():
        return "this"
    return blocks.quoted(label, _MAX_LABEL)


def _newer(life: Life, permalink: str | None) -> str:
    """Point to the newer card: by a link if its permalink is known, else by the part of its id that it shows."""
    if permalink and permalink.startswith(("https://", "http://")):
        return f"Please answer {blocks.link(permalink, 'the newer one')}."
    name = f" ({ids.short(life.superseded_by)})" if life.superseded_by else ""
    return f"Please answer the newer one{name}."


def _reason(life: Life) -> str:
    detail = (life.reason or {}).get("detail")
    if not isinstance(detail, str) or not detail.strip():
        return "."
    quoted = blocks.quoted(detail, _MAX_REASON)
    return f": {quoted}" if quoted.endswith((".”", "!”", "?”", "…”")) else f": {quoted}."


def _responders(life: Life) -> str:
    named = people(life)
    if named is None:
        return "You are not one of the people who can answer this question."
    return f"Only {named} can answer this question."


def people(life: Life) -> str | None:
    """The responders as mentions; None if there are none."""
    responders = life.able_responders
    if not responders:
        return None
    named = [blocks.mention(user) for user in responders[:MAX_NAMES]]
    if more := len(responders) - len(named):
        named.append(f"{more} other{'s' if more > 1 else ''}")
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"


def _ended(life: Life, now: datetime) -> str:
    return f" {_ago(life.ended_at, now)}" if life.ended_at else ""


def _ago(then: datetime, now: datetime) -> str:
    """How long ago, in the largest whole unit; *just now* below 5 s, since the two clocks may differ a little."""
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
