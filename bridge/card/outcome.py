"""What a card says about a question's life: who may answer and until when, what became of it, and of its answer.

These lines are ours, in mrkdwn; whatever in them was written by others is in quotation marks of ours, and cannot be
formatted like them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, assert_never

from bridge import ids
from bridge.card import blocks, links, texts
from storage.model import Interaction, Progress, Status

_MOST_LABEL = 75
_THEN = "·"
_MOST_REASON = 1_000
_MOST_MENTIONS = 50
_MOST_SUMMARY = 600  # units, so that 300 emoji are whole
_MOST_LINK = 500  # a longer address takes too much of the card; its host is named all the same
_DONE: Final = {Progress.PICKED_UP.value: [], Progress.SUCCEEDED.value: ["done"], Progress.FAILED.value: ["❌ failed"]}


def line(interaction: Interaction, past: Mapping[str, str], *, newer: str | None = None) -> str:
    """One line for the status it is in; `past` says a choice as a thing that was done ("✅ *Approved*").

    `newer` is the address of the card that replaced this one, as Slack told it.
    """
    match interaction.status:
        case Status.PENDING:
            until = blocks.date(interaction.expires_at, "until")
            return f"{_responders(interaction)} can answer {until}.{_default(interaction)}"
        case Status.ANSWERED:
            return _answered(interaction, past)
        case Status.EXPIRED:
            return (
                f"⌛ *Expired* {blocks.date(interaction.expires_at, _THEN)}. Nobody answered in time; this is not a no."
            )
        case Status.CANCELLED:
            return f"⚪ *Cancelled*{_when(interaction)} before anybody answered."
        case Status.SUPERSEDED:
            id = f" ({ids.encode('int', interaction.superseded_by)})" if interaction.superseded_by else ""
            by = blocks.link(newer, "a newer question") if newer else f"a newer question{id}"
            return f"🔁 *Replaced*{_when(interaction)} by {by}. Please answer that one."
        case Status.UNREACHABLE:
            return f"⚠️ *Closed*{_when(interaction)}: this question could not be shown to those it was for."
        case _:
            assert_never(interaction.status)


def reason(interaction: Interaction) -> str | None:
    """Why it was cancelled or could not be shown, in the words of whoever gave the reason; on one line.

    It stands below the rule, where a second line would read as ours.
    """
    detail = (interaction.reason or {}).get("detail")
    words = " ".join(texts.visible(detail).split()) if isinstance(detail, str) else ""
    return texts.cut(words, _MOST_REASON) or None


def last_mile(interaction: Interaction) -> str | None:
    """Whether the agent heard the answer and what it reported of it; nothing when there is nothing worth a line."""
    if interaction.status is not Status.ANSWERED:
        return None
    if interaction.heard_at is None:
        return "⏳ The agent has not heard this yet." if interaction.unheard else None
    if (receipt := interaction.receipt) is None:
        return f"Heard by the agent {blocks.date(interaction.heard_at, _THEN)}"
    steps = [
        "Heard by the agent",
        *(["picked up"] if receipt["picked_up_at"] else []),
        *_DONE.get(receipt["status"], []),
    ]
    said = f"{' → '.join(steps)} {blocks.date(datetime.fromisoformat(receipt['at']), _THEN)}"
    return f"{said}: {blocks.quoted(receipt['summary'], _MOST_SUMMARY)}" if receipt["summary"] else said


def more(interaction: Interaction) -> str | None:
    """Where the agent says more of what it reported: a link that shows where it leads."""
    url = (interaction.receipt or {}).get("url")
    if interaction.status is not Status.ANSWERED or not isinstance(url, str):
        return None
    host = links.host(url)
    return blocks.link(url, host) if texts.units(blocks.escape(url)) <= _MOST_LINK else blocks.escape(host)


def _responders(interaction: Interaction) -> str:
    if interaction.responders is None:
        who = "Anyone of this workspace who sees this"
    else:
        named = [blocks.mention(user) for user in interaction.responders]
        more = f" and {len(named) - _MOST_MENTIONS} others" if len(named) > _MOST_MENTIONS else ""
        who = ", ".join(named[:_MOST_MENTIONS]) + more
    return who if interaction.home_teams is not None else f"{who}, people from other organizations too,"


def _default(interaction: Interaction) -> str:
    """Silence means something here, so it is said while there is time to break it."""
    if interaction.on_expiry is None:
        return ""
    label = interaction.answers.get(interaction.on_expiry, {}).get("label")
    return f" If nobody does, this counts as answered: {blocks.quoted(str(label), _MOST_LABEL)}."


def _answered(interaction: Interaction, past: Mapping[str, str]) -> str:
    answer = interaction.answer or {}
    done = past.get(interaction.choice or "")
    what = done or f"✅ *Answered:* {blocks.quoted(str(answer.get('label')), _MOST_LABEL)}"
    by = answer.get("by") or {}
    if isinstance(user := by.get("user"), str):
        return f"{what} by {blocks.mention(user)}{_when(interaction)}."
    return f"{what} by default{_when(interaction)}: nobody answered in time, and this was asked for in that case."


def _when(interaction: Interaction) -> str:
    return f" {blocks.date(interaction.ended_at, _THEN)}" if interaction.ended_at else ""
