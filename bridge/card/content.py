"""A question as blocks: everything the agent sent, so that a person can see what they agree to.

Strangers' words stand only in headers, rich text and plain text objects, where nothing is interpreted. Title and action
are always whole. When everything is at its limit at once there is more than one message can hold: then facts are
shortened, and a body that does not fit ends with a line that says how much is missing.
"""

from collections.abc import Sequence
from typing import TypeAlias

from bridge import question
from bridge.card import blocks, links, prose, richtext, texts
from bridge.question import Action, Agent, Fact, Question
from storage.model import Json

Body: TypeAlias = Sequence[prose.Part]

LEAST_FACT = 40  # however little room there is, this much of a fact is shown
_FACT_WRAPPING = 350  # one fact's JSON and its name, at their longest
_NOTE = 200  # the line that says how much is missing


def full(asked: Question, body: Body, *, asked_by: str, room: int) -> list[Json]:
    """The question in at most `room` of a message's weight."""
    top = [_title(asked.title), _asker(asked_by), *_claims(asked)]
    top += [_action(asked.action)] if asked.action else []
    room -= texts.weight(top) + _NOTE
    facts = _fitting(asked.facts, room)
    return [*top, *_body(body, room - texts.weight(facts)), *facts]


def plain(asked: Question, body: Body, *, asked_by: str, room: int) -> list[Json]:
    """The same with Slack's simplest blocks, and smaller, for when the full form was refused."""
    top = [_title_plain(asked.title), _asker_plain(asked_by), *_claims_plain(asked)]
    top += (
        _plain_sections(f"{question.spelled(asked.action.name)}\n{question.pretty(asked.action.arguments)}")
        if asked.action
        else []
    )
    room -= texts.weight(top) + _NOTE
    facts = "\n".join(f"{fact.name}: {fact.value}" for fact in asked.facts)
    words = "\n\n".join(part for part in (facts, prose.plain(body)) if part.strip())
    shown = texts.head(words, max(room - 500, 0))
    return [*top, *_plain_sections(shown), *_missing(len(words) - len(shown))]


def options(labels: Sequence[str], *, plain: bool) -> list[Json]:
    """What can or could be chosen, as part of the question."""
    if not labels:
        return []
    if plain:
        return _plain_sections("\n".join(["Options:", *(f"• {label}" for label in labels)]))
    rows = [richtext.section(richtext.text(label)) for label in labels]
    head = richtext.section(richtext.text("Options:", bold=True))
    return [richtext.block([head, richtext.items(rows, indent=0, first=None)])]


def spoken(asked: Question, body: Body, *, asked_by: str) -> str:
    """The question as words for a notification and a screen reader, for a message's `text`."""
    said = [f"Asked by {asked_by}."]
    if asked.action:
        said.append(f"Action: {question.spelled(asked.action.name)} {question.pretty(asked.action.arguments)}")
    said += [prose.plain(body)] if body else []
    said += [f"{fact.name}: {fact.value}" for fact in asked.facts]
    return "\n".join(blocks.unformatted(words) for words in said)


def _title(title: str) -> Json:
    if texts.units(title) <= blocks.MOST_HEADER:
        return blocks.header(title)
    return richtext.block([richtext.section(richtext.text(title, bold=True))])


def _title_plain(title: str) -> Json:
    fits = texts.units(title) <= blocks.MOST_HEADER
    return blocks.header(title) if fits else blocks.section(blocks.plain(title))


def _asker(asked_by: str) -> Json:
    return blocks.context(blocks.plain(f"Asked by {asked_by}"), blocks.mrkdwn("_verified by its key_"))


def _asker_plain(asked_by: str) -> Json:
    return blocks.section(blocks.plain(f"Asked by {asked_by} (verified by its key)"))


def _claims(asked: Question) -> list[Json]:
    """What the asker says of itself, marked so."""
    agent = asked.agent or Agent()
    said = [blocks.plain(words) for words in _self_description(agent)]
    if agent.url:
        said.append(blocks.mrkdwn(blocks.link(str(agent.url), links.host(str(agent.url)))))
    if asked.on_behalf_of:
        said.append(blocks.mrkdwn(f"on behalf of {blocks.mention(asked.on_behalf_of.user)}"))
    return [blocks.context(blocks.mrkdwn("_Says of itself:_"), *said)] if said else []


def _claims_plain(asked: Question) -> list[Json]:
    agent = asked.agent or Agent()
    said = [*_self_description(agent), *([links.host(str(agent.url))] if agent.url else [])]
    made = [blocks.section(blocks.plain("Says of itself: " + ", ".join(said)))] if said else []
    if asked.on_behalf_of:
        who = blocks.mention(asked.on_behalf_of.user)
        made.append(blocks.section(blocks.mrkdwn(f"Says it asks on behalf of {who}")))
    return made


def _self_description(agent: Agent) -> list[str]:
    return [*([f"“{agent.name}”"] if agent.name else []), *([f"run “{agent.run}”"] if agent.run else [])]


def _action(action: Action) -> Json:
    parts = [
        richtext.section(
            [*richtext.text("Action ", bold=True), *richtext.text(question.spelled(action.name), code=True)]
        )
    ]
    if action.arguments:
        parts.append(richtext.preformatted(question.pretty(action.arguments)))
    return richtext.block(parts)


def _fitting(facts: Sequence[Fact], room: int) -> list[Json]:
    """The facts, whole if there is room for them, else all shortened to the same length."""
    if not facts:
        return []
    whole = _facts(facts, room)
    if texts.weight(whole) <= room:
        return [whole]
    return [_facts(facts, max(LEAST_FACT, room // len(facts) - _FACT_WRAPPING))]


def _facts(facts: Sequence[Fact], most: int) -> Json:
    def row(fact: Fact) -> Json:
        value = texts.cut(fact.value, most) if fact.value.strip() else "(empty)"
        return richtext.section([*richtext.text(f"{fact.name}: ", bold=True), *richtext.text(value)])

    return richtext.block([row(fact) for fact in facts])


def _body(body: Body, room: int) -> list[Json]:
    shown = prose.rich(body, max(room, 0))
    return [*([richtext.block(shown.elements)] if shown.elements else []), *_missing(shown.hidden)]


def _missing(hidden: int) -> list[Json]:
    note = f"_{hidden:,} more characters do not fit on a card and are not shown._"
    return [blocks.context(blocks.mrkdwn(note))] if hidden else []


def _plain_sections(words: str) -> list[Json]:
    pieces = texts.pieces(texts.visible(words), blocks.MOST_TEXT)
    return [blocks.section(blocks.plain(piece)) for piece in pieces if piece.strip()]
