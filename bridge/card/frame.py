"""The frame that the cards of all kinds share: what stands where, in every status, within Slack's limits.

    title, who asks, what the asker says of itself, action, body, facts, options     the question, kept as a record
    ─────────────────────────────────────────────────────────────────────────────
    who may answer and until when, or what became of it; what the agent then did
    with the answer; buttons; id                                                      ours alone

An agent can write anything into the upper part and nothing into the lower one, save the labels of its options, in
quotation marks of ours, why it was withdrawn, on one line that says so, and what it says it did with the answer, in
quotation marks of ours: the rule, what is below it, mentions and buttons are ours, so no agent's text can pass for an
answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridge import ids
from bridge.card import action_ids, blocks, content, markdown, outcome, texts
from bridge.question import Question
from storage.model import Interaction, Json, Status

_MOST_WEIGHT = 13_000  # see texts.weight
_MOST_WEIGHT_PLAIN = 9_000
_MOST_SPOKEN = 3_900  # chat.update refuses a `text` of more than 4,000


@dataclass(frozen=True, slots=True)
class CardView:
    """What a card is to show."""

    interaction: Interaction  # its status is what is shown
    version: int  # of the card; Slack wants new names for the buttons' block whenever it changes
    plain: bool = False  # the full form was refused: show the same with Slack's simplest blocks
    newer: str | None = None  # the address, for people, of a card beside it that replaced it


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is sent to Slack. `text` is what notifications show and screen readers read."""

    text: str
    blocks: list[Json]


def frame(
    view: CardView,
    asked: Question,
    *,
    buttons: Sequence[Json],
    past: Mapping[str, str],
    offered: Sequence[str] = (),
    listed: bool = False,
) -> Drawing:
    """The card of a question: these buttons while it is pending, afterwards what became of it.

    `past` says each choice as a thing that was done ("✅ *Approved*"); a choice it does not know is shown by its label.
    `offered` are the labels that are part of the question: always said in the text, and `listed` on the card when the
    buttons alone do not show them.
    """
    options = content.options(offered if listed else (), plain=view.plain)
    below = [*options, *_below(view, buttons, past)]
    limit, draw = (_MOST_WEIGHT_PLAIN, content.plain) if view.plain else (_MOST_WEIGHT, content.full)
    body = markdown.parse(asked.body or "")
    asked_by = view.interaction.asked_by
    above = draw(asked, body, asked_by=asked_by, room=limit - _weight(below, plain=view.plain))
    said = [blocks.unformatted(asked.title), outcome.line(view.interaction, past, newer=view.newer)]
    said += [mile] if (mile := outcome.last_mile(view.interaction)) else []
    said.append(content.spoken(asked, body, asked_by=asked_by))
    said += [f"Options: {blocks.unformatted(', '.join(offered))}"] if offered else []
    return Drawing(text=blocks.cut_escaped("\n".join(said), _MOST_SPOKEN), blocks=[*above, *below])


def _weight(below: Sequence[Json], *, plain: bool) -> int:
    """What is left to the rest depends on it: a hundred options are twice as heavy in JSON as they are in words.

    Nobody knows which of the two Slack counts. The full form counts the words, so that a long list leaves room for the
    question; should Slack refuse that, the plain form counts everything.
    """
    selects = [element for block in below for element in block.get("elements", ()) if "options" in element]
    if plain or not selects:
        return texts.weight(below)
    words = sum(
        texts.units(option["text"]["text"] + option["value"]) for select in selects for option in select["options"]
    )
    return texts.weight(below) + words - sum(texts.weight(select["options"]) for select in selects)


def _below(view: CardView, buttons: Sequence[Json], past: Mapping[str, str]) -> list[Json]:
    interaction = view.interaction
    state = blocks.section(blocks.mrkdwn(outcome.line(interaction, past, newer=view.newer)))
    given = outcome.reason(interaction)
    why = [_small(view, blocks.plain(f"Reason given: {given}"))] if given else []
    mile = [words for words in (outcome.last_mile(interaction), outcome.more(interaction)) if words]
    after = [_small(view, blocks.mrkdwn(" · ".join(mile)))] if mile else []
    pending = interaction.status is Status.PENDING
    choices = [blocks.actions(action_ids.block_id(interaction.id, view.version), buttons)] if pending else []
    return [
        blocks.divider(),
        state,
        *why,
        *after,
        *choices,
        _small(view, blocks.plain(ids.encode("int", interaction.id))),
    ]


def _small(view: CardView, text: Json) -> Json:
    return blocks.section(text) if view.plain else blocks.context(text)
