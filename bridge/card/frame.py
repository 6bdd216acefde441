"""The layout that the cards of all kinds share, in every status, within Slack's limits.

    title, asker, the asker's claims about itself, facts, body, action, options     the request, kept as a record
    ────────────────────────────────────────────────────────────────────────────
    responders and deadline, or the outcome; the person's words; the agent's
    report on the answer; how much of the full text the card shows; buttons;
    end of the id                                                                   written by the bridge

Above the rule an agent can write anything. Below it, text of an agent appears only as labels of options, as titles of
questions and values beside their answers and as the summary of its report, and text of a person as the comment, text
or values of the answer, all in quotation marks of the bridge; and the reason of a cancellation, on one line that says
so. The rule, everything below it, mentions and buttons come from the bridge, so that no text of an agent can pass for
an answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridge import ids
from bridge.card import action_ids, blocks, content, full_preview, markdown, outcome, texts
from bridge.full_text import FullText
from bridge.question import Question
from storage.model import Interaction, Json, Status

_MAX_WEIGHT = 13_000  # see texts.weight
_MAX_WEIGHT_PLAIN = 9_000
_MAX_SPOKEN = 3_900  # chat.update refuses a `text` of more than 4,000


@dataclass(frozen=True, slots=True)
class CardView:
    """What a card shows."""

    interaction: Interaction  # in the status that the card shows
    version: int  # of the card; Slack requires a new `block_id` of the buttons for every edit
    plain: bool = False  # Slack refused the full form: draw the same with Slack's simplest blocks
    newer: str | None = None  # permalink of the card in the same conversation that replaced this one


@dataclass(frozen=True, slots=True)
class Drawing:
    """A message as Slack takes it. Notifications and screen readers use `text`."""

    text: str
    blocks: list[Json]
    is_plain: bool = False  # with Slack's simplest blocks
    truncated: tuple[str, ...] = ()  # JSON pointers of the fields of the request that the blocks show in part


def frame(
    view: CardView,
    request: Question,
    *,
    buttons: Sequence[Json],
    past: Mapping[str, str],
    offered: Sequence[str] = (),
    offered_as: str = "Options",
    listed: bool = False,
    given: Sequence[tuple[str, str]] = (),
) -> Drawing:
    """The card of an interaction: with these buttons while it is pending, afterwards with its outcome.

    `past` maps each choice to its outcome ("✅ *Approved*"); the label of the answer stands for a choice without one.
    `offered` are labels that belong to the request, under the heading `offered_as`: always part of the text, and also
    on the card if `listed`, for when the buttons do not show them completely. `given` is what a person entered in a
    form of values, as pairs of a label and a text.
    """
    options = content.options(offered if listed else (), heading=offered_as, plain=view.plain)
    full = request.action.full if request.action else None
    below = [*options, *_below(view, [*buttons, *full_preview.buttons(full)], past, full, given)]
    limit, draw = (_MAX_WEIGHT_PLAIN, content.plain) if view.plain else (_MAX_WEIGHT, content.full)
    body = markdown.parse(request.body or "")
    asked_by = view.interaction.asked_by
    above = draw(request, body, asked_by=asked_by, max_weight=limit - _weight(below, plain=view.plain))
    lines = [blocks.unformatted(request.title), outcome.line(view.interaction, past, newer=view.newer)]
    lines += [said.replace("\n", " ")] if (said := outcome.words(view.interaction, given)) else []
    lines += [report] if (report := outcome.last_mile(view.interaction)) else []
    lines += [full_preview.line(full)] if full else []
    lines.append(content.spoken(request, body, asked_by=asked_by))
    lines += [f"{offered_as}: {blocks.unformatted(', '.join(offered))}"] if offered else []
    return Drawing(
        text=blocks.cut_escaped("\n".join(lines), _MAX_SPOKEN),
        blocks=[*above.blocks, *below],
        is_plain=view.plain,
        truncated=above.truncated,
    )


def _weight(below: Sequence[Json], *, plain: bool) -> int:
    """The weight of the part below the rule, which the part above has to leave free.

    A hundred options weigh twice as much in JSON as in words, and Slack does not document which of the two it counts.
    The full form counts the words, so that a long list leaves space for the request; if Slack refuses the full form,
    the plain form counts everything.
    """
    selects = [element for block in below for element in block.get("elements", ()) if "options" in element]
    if plain or not selects:
        return texts.weight(below)
    words = sum(
        texts.units(option["text"]["text"] + option["value"]) for select in selects for option in select["options"]
    )
    return texts.weight(below) + words - sum(texts.weight(select["options"]) for select in selects)


def _below(
    view: CardView,
    buttons: Sequence[Json],
    past: Mapping[str, str],
    full: FullText | None,
    given: Sequence[tuple[str, str]],
) -> list[Json]:
    interaction = view.interaction
    state = blocks.section(blocks.mrkdwn(outcome.line(interaction, past, newer=view.newer)))
    said = outcome.words(interaction, given)
    answer = [blocks.section(blocks.mrkdwn(said))] if said else []
    detail = outcome.reason(interaction)
    reason = [_small(view, blocks.plain(f"Reason given: {detail}"))] if detail else []
    last_mile = [words for words in (outcome.last_mile(interaction), outcome.more(interaction)) if words]
    report = [_small(view, blocks.mrkdwn(" · ".join(last_mile)))] if last_mile else []
    text = [_small(view, blocks.plain(full_preview.line(full)))] if full else []
    pending = interaction.status is Status.PENDING
    choices = [blocks.actions(action_ids.block_id(interaction.id, view.version), buttons)] if pending else []
    return [
        blocks.divider(),
        state,
        *answer,
        *reason,
        *report,
        *text,
        *choices,
        _small(view, blocks.plain(f"ID {ids.short(interaction.id)}")),
    ]


def _small(view: CardView, text: Json) -> Json:
    return blocks.section(text) if view.plain else blocks.context(text)
