"""The lines of a card about the state of an interaction: responders and deadline, outcome, and the agent's report.

The bridge writes these lines, in mrkdwn; foreign text in them is in quotation marks and cannot be formatted.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, assert_never

from bridge import ids
from bridge.card import blocks, links, texts
from storage.model import Interaction, Json, Progress, Status

_MAX_LABEL = 75
_THEN = "·"
_MAX_REASON = 1_000
_MAX_MENTIONS = 50
_MAX_WORDS = 1_000  # units of a person's words
_MAX_NAMED = 10  # selected options that a card names
_ANSWERS_SHOWN: Final = (
    (300, 10),
    (150, 10),
    (75, 5),
    (40, 3),
    (20, 1),
)  # units of each text, and options of each question
_VALUES_SHOWN: Final = ((150, 12), (75, 12), (40, 8), (20, 4))  # units of each text, and values
_MAX_SUMMARY = 600  # units, so that 300 emoji fit
_MAX_LINK = 500  # a longer URL would take too much of the card; then only its host is shown
_DONE: Final = {Progress.PICKED_UP.value: [], Progress.SUCCEEDED.value: ["done"], Progress.FAILED.value: ["❌ failed"]}


def line(interaction: Interaction, past: Mapping[str, str], *, newer: str | None = None) -> str:
    """The line for the interaction's status; `past` maps a choice to its outcome ("✅ *Approved*").

    `newer` is the permalink, from Slack, of the card that replaced this one.
    """
    match interaction.status:
        case Status.PENDING:
            until = blocks.date(interaction.expires_at, "until")
            return f"{_responders(interaction)} can answer {until}.{_default(interaction)}"
        case Status.ANSWERED:
            return _answered(interaction, past)
        case Status.EXPIRED:
            return f"⌛ *Expired without a decision* {blocks.date(interaction.expires_at, _THEN)}."
        case Status.CANCELLED:
            return f"⚪ *Cancelled without a decision*{_when(interaction)}."
        case Status.SUPERSEDED:
            id = f" ({ids.short(interaction.superseded_by)})" if interaction.superseded_by else ""
            by = blocks.link(newer, "a newer question") if newer else f"a newer question{id}"
            return f"🔁 *Replaced* by {by}{_when(interaction)}. Please answer the newer one."
        case Status.UNREACHABLE:
            why = "It could not be delivered to anyone who can answer."
            return f"⚠️ *Closed without a decision*{_when(interaction)}. {why}"
        case _:
            assert_never(interaction.status)


def reason(interaction: Interaction) -> str | None:
    """The stored reason of a cancellation or of an unreachable interaction, on one line; None if there is none.

    The line is below the rule, where a second line would look as if the bridge had written it.
    """
    detail = (interaction.reason or {}).get("detail")
    words = " ".join(detail.split()) if isinstance(detail, str) else ""
    return texts.visible(texts.cut(words, _MAX_REASON)) or None


def words(interaction: Interaction, given_values: Sequence[tuple[str, str]] = ()) -> str | None:
    """The words or answers that the person gave, in quotation marks that they cannot close; None without any.

    `given_values` are what was entered in a form of values, as pairs of a label and a text.
    """
    answer = interaction.answer or {}
    if given_values:
        return _values(answer, given_values)
    if "answers" in answer:
        return _answers(interaction, answer)
    given = answer.get("comment") or (answer.get("text") if answer.get("via") == "form" else None)
    user = (answer.get("by") or {}).get("user")
    if not isinstance(given, str) or not isinstance(user, str):
        return None
    line = " ".join(given.split())
    for limit in range(_MAX_WORDS, 0, -100):
        said = f"💬 {blocks.mention(user)}: {_quoted_part(line, limit)}"
        if texts.units(said) <= blocks.MAX_TEXT:  # escaping makes some characters five times as long
            return said
    return None


def _answers(interaction: Interaction, answer: Json) -> str | None:
    """The answer to each question beside its title, on a line of its own; as much of each as fits into one text."""
    user = (answer.get("by") or {}).get("user")
    questions: list[Json] = interaction.request.get("questions", [])
    for limit, named in _ANSWERS_SHOWN if isinstance(user, str) else ():
        given = [
            f"\n• {blocks.quoted(one['title'], limit)}: {_given(answer['answers'].get(one['id']), limit, named)}"
            for one in questions
        ]
        said = "".join([f"💬 {blocks.mention(str(user))}:", *given])
        if texts.units(said) <= blocks.MAX_TEXT:
            return said
    return None


def _values(answer: Json, pairs: Sequence[tuple[str, str]]) -> str | None:
    """What was entered beside its label, each on a line of its own; the first of them, as many as fit into one text."""
    user = (answer.get("by") or {}).get("user")
    for limit, count in _VALUES_SHOWN if isinstance(user, str) else ():
        lines = [f"\n• {blocks.quoted(label, limit)}: {_quoted_part(_one_line(text), limit)}" for label, text in pairs]
        rest = len(lines) - count
        more = f"\n… and {rest} more" if rest > 0 else ""
        said = "".join([f"💬 {blocks.mention(str(user))}:", *lines[:count], more])
        if texts.units(said) <= blocks.MAX_TEXT:
            return said
    return None


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _given(answer: Json | None, limit: int, named: int) -> str:
    """The answer to one question, in quotation marks; in words of the bridge if nothing was chosen or written."""
    if answer is None:
        return "left out"
    if "text" in answer:
        return _quoted_part(" ".join(answer["text"].split()), limit)
    labels = [option["label"] for option in answer["options"]] if "options" in answer else [answer["label"]]
    shown = [blocks.quoted(label, limit) for label in labels[:named]]
    rest = len(labels) - len(shown)
    return (", ".join(shown) or "no option") + (f" and {rest} more" if rest else "")


def _quoted_part(line: str, limit: int) -> str:
    """The first `limit` units of a line in quotation marks, and how many more it has."""
    shown = texts.head(line, limit)
    rest = texts.units(line) - texts.units(shown)
    cut = shown + texts.ELLIPSIS if rest else shown
    more = f" ({rest:,} more characters)" if rest else ""
    return f"{blocks.quoted(cut, limit + 1)}{more}"


def last_mile(interaction: Interaction) -> str | None:
    """The line about the agent's acknowledgement and report on the answer; None if there is nothing to say."""
    if interaction.status is not Status.ANSWERED:
        return None
    if interaction.heard_at is None:
        return "⏳ Not yet received by the agent." if interaction.unheard else None
    if (receipt := interaction.receipt) is None:
        return f"Received by the agent {blocks.date(interaction.heard_at, _THEN)}"
    steps = [
        "Received",
        *(["started"] if receipt["picked_up_at"] else []),
        *_DONE.get(receipt["status"], []),
    ]
    report = f"{' → '.join(steps)} {blocks.date(datetime.fromisoformat(receipt['at']), _THEN)}"
    return f"{report}: {blocks.quoted(receipt['summary'], _MAX_SUMMARY)}" if receipt["summary"] else report


def more(interaction: Interaction) -> str | None:
    """The link of the agent's report, with its host as label; None if there is none."""
    url = (interaction.receipt or {}).get("url")
    if interaction.status is not Status.ANSWERED or not isinstance(url, str):
        return None
    host = links.host(url)
    return blocks.link(url, host) if texts.units(blocks.escape(url)) <= _MAX_LINK else blocks.inert(host)


def _responders(interaction: Interaction) -> str:
    outsiders = interaction.home_teams is None
    if (responders := interaction.able_responders) is None:
        if outsiders:
            return "Anyone who can see this card, including people from other organizations,"
        return "Anyone in this workspace who can see this card"
    mentions = [blocks.mention(user) for user in responders]
    rest = f" and {len(mentions) - _MAX_MENTIONS} others" if len(mentions) > _MAX_MENTIONS else ""
    who = ", ".join(mentions[:_MAX_MENTIONS]) + rest
    return f"{who} (people from other organizations allowed)" if outsiders else who


def _default(interaction: Interaction) -> str:
    """What the interaction's default answer is, shown while people can still answer."""
    if interaction.on_expiry is None:
        return ""
    label = interaction.answers.get(interaction.on_expiry, {}).get("label")
    return f" Without an answer by then, the default is recorded: {blocks.quoted(str(label), _MAX_LABEL)}."


def _answered(interaction: Interaction, past: Mapping[str, str]) -> str:
    answer = interaction.answer or {}
    known = past.get(interaction.choice or "")
    what = known or f"✅ *Answered:* {_answer(answer)}"
    by = answer.get("by") or {}
    if isinstance(user := by.get("user"), str):
        return f"{what} by {blocks.mention(user)}{_when(interaction)}."
    return (
        f"{what} by default{_when(interaction)}. The deadline passed without an answer; the agent had set this default."
    )


def _answer(answer: Json) -> str:
    """The label of the answer, or each selected option in quotation marks of its own."""
    options = answer.get("options")
    if not options:
        return blocks.quoted(str(answer.get("label")), _MAX_LABEL)
    named = [blocks.quoted(str(option["label"]), _MAX_LABEL) for option in options[:_MAX_NAMED]]
    rest = len(options) - len(named)
    return ", ".join(named) + (f" and {rest} more" if rest else "")


def _when(interaction: Interaction) -> str:
    return f" {blocks.date(interaction.ended_at, _THEN)}" if interaction.ended_at else ""
