"""The frame that the cards of all kinds share: what stands where, in every status, within Slack's limits.

    title, who asks, what the asker says of itself, action, body, facts     the question, kept as a record
    ──────────────────────────────────────────────────────────────────
    who may answer and until when, or what became of it; buttons; id        ours alone

An agent can write anything into the upper part and nothing into the lower one: the rule, what is below it, mentions
and buttons are ours, so no agent's text can pass for an answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridge import actions, blocks, content, ids, markdown, outcome
from bridge import text as texts
from bridge.question import Question
from storage.model import Interaction, Json, Status

_MOST_WEIGHT = 13_000  # see text.weight
_MOST_WEIGHT_PLAIN = 9_000
_MOST_SPOKEN = 3_900  # chat.update refuses a `text` of more than 4,000


@dataclass(frozen=True, slots=True)
class View:
    """What a card is to show."""

    interaction: Interaction  # its status is what is shown
    version: int  # of the card; Slack wants new names for the buttons' block whenever it changes
    plain: bool = False  # the full form was refused: show the same with Slack's simplest blocks


@dataclass(frozen=True, slots=True)
class Card:
    """What is sent to Slack. `text` is what notifications show and screen readers read."""

    text: str
    blocks: list[Json]


def frame(view: View, asked: Question, *, buttons: Sequence[Json], past: Mapping[str, str]) -> Card:
    """The card of a question: these buttons while it is pending, afterwards what became of it.

    `past` says each choice as a thing that was done ("Approved"); a choice it does not know is shown by its label.
    """
    below = _below(view, buttons, past)
    limit, draw = (_MOST_WEIGHT_PLAIN, content.plain) if view.plain else (_MOST_WEIGHT, content.full)
    body = markdown.parse(asked.body or "")
    asked_by = view.interaction.asked_by
    above = draw(asked, body, asked_by=asked_by, room=limit - texts.weight(below))
    said = [blocks.escape(asked.title), outcome.line(view.interaction, past)]
    said.append(content.spoken(asked, body, asked_by=asked_by))
    return Card(text=blocks.cut_escaped("\n".join(said), _MOST_SPOKEN), blocks=[*above, *below])


def _below(view: View, buttons: Sequence[Json], past: Mapping[str, str]) -> list[Json]:
    interaction = view.interaction
    state = blocks.section(blocks.mrkdwn(outcome.line(interaction, past)))
    given = outcome.reason(interaction)
    why = [_small(view, blocks.plain(f"Reason given: {given}"))] if given else []
    pending = interaction.status is Status.PENDING
    choices = [blocks.actions(actions.block_id(interaction.id, view.version), buttons)] if pending else []
    return [blocks.divider(), state, *why, *choices, _small(view, blocks.plain(ids.encode("int", interaction.id)))]


def _small(view: View, text: Json) -> Json:
    return blocks.section(text) if view.plain else blocks.context(text)
