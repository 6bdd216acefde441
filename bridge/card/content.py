"""Draws what the agent sent as blocks, so that people see everything that they agree to.

The agent's text appears only in headers, rich text and plain text objects, where Slack interprets nothing. Title and
action are always complete. A request at all its limits is larger than one message: then facts are shortened, and a body
that does not fit ends with a line that says how many characters are missing.
"""

from collections.abc import Sequence
from typing import TypeAlias

from bridge import exact_text, question
from bridge.card import blocks, links, prose, richtext, texts
from bridge.question import Action, Agent, Fact, Question
from storage.model import Json

Body: TypeAlias = Sequence[prose.Part]

MIN_FACT = 40  # units of each fact that are shown in any case
_FACT_OVERHEAD = 350  # weight of one fact's JSON and name, at their longest
_NOTE = 200  # weight of the line that says how much is missing


def full(request: Question, body: Body, *, asked_by: str, max_weight: int) -> list[Json]:
    """The request as blocks, with at most this weight (see `texts.weight`)."""
    top = [_title(request.title), _asker(asked_by), *_claims(request)]
    top += _action(request.action) if request.action else []
    left = max_weight - texts.weight(top) - _NOTE
    facts = _fitting(request.facts, left)
    return [*top, *_body(body, left - texts.weight(facts)), *facts]


def plain(request: Question, body: Body, *, asked_by: str, max_weight: int) -> list[Json]:
    """The request as Slack's simplest blocks, for a card whose full form Slack refused."""
    top = [_title_plain(request.title), _asker_plain(asked_by), *_claims_plain(request)]
    if request.action:
        arguments, hidden = _arguments(request.action)
        top += [*_plain_sections(f"{exact_text.name(request.action.name)}\n{arguments}"), *_missing(hidden)]
    left = max_weight - texts.weight(top) - _NOTE
    facts = "\n".join(f"{fact.name}: {fact.value}" for fact in request.facts)
    words = "\n\n".join(part for part in (facts, prose.plain(body)) if part.strip())
    shown = texts.head(words, max(left - 500, 0))
    return [*top, *_plain_sections(shown), *_missing(len(words) - len(shown))]


def options(labels: Sequence[str], *, plain: bool) -> list[Json]:
    """The options as a list of labels."""
    if not labels:
        return []
    if plain:
        return _plain_sections("\n".join(["Options:", *(f"• {label}" for label in labels)]))
    rows = [richtext.section(richtext.text(label)) for label in labels]
    head = richtext.section(richtext.text("Options:", bold=True))
    return [richtext.block([head, richtext.items(rows, indent=0, first=None)])]


def spoken(request: Question, body: Body, *, asked_by: str) -> str:
    """The request as plain text for a message's `text`: for notifications and screen readers."""
    lines = [f"Asked by {asked_by}."]
    if request.action:
        lines.append(f"Action: {exact_text.name(request.action.name)} {question.pretty(request.action.arguments)}")
    lines += [prose.plain(body)] if body else []
    lines += [f"{fact.name}: {fact.value}" for fact in request.facts]
    return "\n".join(blocks.unformatted(line) for line in lines)


def _title(title: str) -> Json:
    if texts.units(title) <= blocks.MAX_HEADER:
        return blocks.header(title)
    return richtext.block([richtext.section(richtext.text(title, bold=True))])


def _title_plain(title: str) -> Json:
    fits = texts.units(title) <= blocks.MAX_HEADER
    return blocks.header(title) if fits else blocks.section(blocks.plain(title))


def _asker(asked_by: str) -> Json:
    return blocks.context(blocks.plain(f"Asked by {asked_by}"), blocks.mrkdwn("_verified by its key_"))


def _asker_plain(asked_by: str) -> Json:
    return blocks.section(blocks.plain(f"Asked by {asked_by} (verified by its key)"))


def _claims(request: Question) -> list[Json]:
    """The agent's unverified claims about itself, marked as such."""
    agent = request.agent or Agent()
    claims = [blocks.plain(words) for words in _self_description(agent)]
    if agent.url:
        claims.append(blocks.mrkdwn(blocks.link(str(agent.url), links.host(str(agent.url)))))
    if request.on_behalf_of:
        claims.append(blocks.mrkdwn(f"on behalf of {blocks.mention(request.on_behalf_of.user)}"))
    return [blocks.context(blocks.mrkdwn("_Says of itself:_"), *claims)] if claims else []


def _claims_plain(request: Question) -> list[Json]:
    agent = request.agent or Agent()
    claims = [*_self_description(agent), *([links.host(str(agent.url))] if agent.url else [])]
    sections = [blocks.section(blocks.plain("Says of itself: " + ", ".join(claims)))] if claims else []
    if request.on_behalf_of:
        principal = blocks.mention(request.on_behalf_of.user)
        sections.append(blocks.section(blocks.mrkdwn(f"Says it asks on behalf of {principal}")))
    return sections


def _self_description(agent: Agent) -> list[str]:
    return [*([f"“{agent.name}”"] if agent.name else []), *([f"run “{agent.run}”"] if agent.run else [])]


def _action(action: Action) -> list[Json]:
    parts = [
        richtext.section(
            [*richtext.text("Action ", bold=True), *richtext.text(exact_text.name(action.name), code=True)]
        )
    ]
    arguments, hidden = _arguments(action)
    if arguments:
        parts.append(richtext.preformatted(arguments))
    return [richtext.block(parts), *_missing(hidden)]


def _arguments(action: Action) -> tuple[str, int]:
    """The arguments, and how many characters are left out: of an action that a release with fewer escapes accepted."""
    whole = question.pretty(action.arguments) if action.arguments else ""
    shown = texts.head(whole, question.MAX_ACTION)
    return shown, len(whole) - len(shown)


def _fitting(facts: Sequence[Fact], max_weight: int) -> list[Json]:
    """The facts, complete if they fit, else all shortened to the same length."""
    if not facts:
        return []
    whole = _facts(facts, max_weight)
    if texts.weight(whole) <= max_weight:
        return [whole]
    return [_facts(facts, max(MIN_FACT, max_weight // len(facts) - _FACT_OVERHEAD))]


def _facts(facts: Sequence[Fact], limit: int) -> Json:
    def row(fact: Fact) -> Json:
        value = texts.cut(fact.value, limit) if fact.value.strip() else "(empty)"
        return richtext.section([*richtext.text(f"{fact.name}: ", bold=True), *richtext.text(value)])

    return richtext.block([row(fact) for fact in facts])


def _body(body: Body, max_weight: int) -> list[Json]:
    shown = prose.rich(body, max(max_weight, 0))
    return [*([richtext.block(shown.elements)] if shown.elements else []), *_missing(shown.hidden)]


def _missing(hidden: int) -> list[Json]:
    note = f"_{hidden:,} more characters do not fit on a card and are not shown._"
    return [blocks.context(blocks.mrkdwn(note))] if hidden else []


def _plain_sections(words: str) -> list[Json]:
    pieces = texts.pieces(words, blocks.MAX_TEXT)
    return [blocks.section(blocks.plain(piece)) for piece in pieces if piece.strip()]
