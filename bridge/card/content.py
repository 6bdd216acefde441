"""Draws what the agent sent as blocks, so that people see everything that they agree to.

The agent's text appears only in headers, rich text and plain text objects, where Slack interprets nothing. Title and
action are always complete. A request at all its limits is larger than one message: then facts and the body are
shortened. Each cut says how many characters are missing, and the drawing has the JSON pointers of what was cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeAlias

from bridge import exact_text, question
from bridge.card import blocks, full_preview, links, prose, richtext, texts
from bridge.question import Action, Agent, Fact, Question
from storage.model import Json

Body: TypeAlias = Sequence[prose.Part]

MIN_FACT = 40  # units of each fact that are shown in any case, with the number of those that are not
_CUT = 28  # of these, units for that number at its longest
_FACT_OVERHEAD = 350  # weight of one fact's JSON and name, at their longest
_NOTE = 200  # weight of the line that says how much is missing


MAX_TOGETHER = 10_000  # units of what is never shortened; leaves space for the bridge's own lines and for mentions


@dataclass(frozen=True, slots=True)
class Shown:
    """Blocks, and the JSON pointers of the fields that they show in part."""

    blocks: list[Json]
    truncated: tuple[str, ...] = ()

    def __add__(self, other: "Shown") -> "Shown":
        return Shown([*self.blocks, *other.blocks], (*self.truncated, *other.truncated))


def full(request: Question, body: Body, *, asked_by: str, max_weight: int) -> Shown:
    """The request as blocks, with at most this weight (see `texts.weight`)."""
    top = Shown([_title(request.title), _asker(asked_by), *_claims(request)])
    action = _action(request.action) if request.action else Shown([])
    left = max_weight - texts.weight([*top.blocks, *action.blocks]) - _NOTE
    facts = _fitting(request.facts, left)
    return top + facts + _body(body, left - texts.weight(facts.blocks)) + action


def plain(request: Question, body: Body, *, asked_by: str, max_weight: int) -> Shown:
    """The request as Slack's simplest blocks, for a card whose full form Slack refused."""
    top = Shown([_title_plain(request.title), _asker_plain(asked_by), *_claims_plain(request)])
    action = _action_plain(request.action) if request.action else Shown([])
    left = max_weight - texts.weight([*top.blocks, *action.blocks]) - _NOTE
    facts = [f"{fact.name}: {fact.value}" for fact in request.facts]
    words = "\n\n".join(part for part in ("\n".join(facts), prose.plain(body)) if part.strip())
    shown = texts.head(words, max(left - 500, 0))
    ends = accumulate(len(fact) + 1 for fact in facts)  # with the line break after each
    cut = [f"/facts/{index}/value" for index, end in enumerate(ends) if end - 1 > len(shown)]
    cut += ["/body"] if body and len(shown) < len(words) else []
    note = _missing(len(words) - len(shown), *cut)
    return top + Shown(_plain_sections(shown)) + note + action


def unshortened(request: Question) -> int:
    """The units of a message that those parts of a question take which are never shortened."""
    shown = [request.title]
    if request.action:
        shown += [exact_text.name(request.action.name), question.pretty(request.action.arguments)]
    for fact in request.facts:
        shown += [fact.name, texts.head(fact.value, MIN_FACT)]
    if agent := request.agent:
        address = blocks.escape(str(agent.url)) if agent.url else ""
        shown += [agent.name or "", agent.run or "", texts.head(address, blocks.MAX_TEXT)]
    return sum(texts.units(text) for text in shown)


def options(labels: Sequence[str], *, heading: str, plain: bool) -> list[Json]:
    """The options as a list of labels, under this heading."""
    if not labels:
        return []
    if plain:
        return _plain_sections("\n".join([f"{heading}:", *(f"• {label}" for label in labels)]))
    rows = [richtext.section(richtext.text(label)) for label in labels]
    head = richtext.section(richtext.text(f"{heading}:", bold=True))
    return [richtext.block([head, richtext.items(rows, indent=0, first=None)])]


def spoken(request: Question, body: Body, *, asked_by: str) -> str:
    """The request as plain text for a message's `text`: for notifications and screen readers.

    The action comes before body and facts, because a text that is too long loses its end.
    """
    lines = [f"Asked by {asked_by}."]
    if request.action:
        lines.append(f"Action: {exact_text.name(request.action.name)} {question.pretty(request.action.arguments)}")
        lines += [full_preview.spoken(request.action.full)] if request.action.full else []
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
    return blocks.context(blocks.plain(f"Asked by {asked_by}"), blocks.mrkdwn("_verified by its API key_"))


def _asker_plain(asked_by: str) -> Json:
    return blocks.section(blocks.plain(f"Asked by {asked_by} (verified by its API key)"))


def _claims(request: Question) -> list[Json]:
    """The agent's unverified claims about itself, marked as such."""
    agent = request.agent or Agent()
    claims = [blocks.plain(words) for words in _self_description(agent)]
    if agent.url:
        claims.append(blocks.mrkdwn(blocks.link(str(agent.url), links.host(str(agent.url)))))
    if request.on_behalf_of:
        claims.append(blocks.mrkdwn(f"on behalf of {blocks.mention(request.on_behalf_of.user)}"))
    return [blocks.context(blocks.mrkdwn("_Agent, not verified:_"), *claims)] if claims else []


def _claims_plain(request: Question) -> list[Json]:
    agent = request.agent or Agent()
    claims = [*_self_description(agent), *([links.host(str(agent.url))] if agent.url else [])]
    sections = [blocks.section(blocks.plain("Agent, not verified: " + ", ".join(claims)))] if claims else []
    if request.on_behalf_of:
        principal = blocks.mention(request.on_behalf_of.user)
        sections.append(blocks.section(blocks.mrkdwn(f"Agent, not verified: on behalf of {principal}")))
    return sections


def _self_description(agent: Agent) -> list[str]:
    return [*([f"“{agent.name}”"] if agent.name else []), *([f"run “{agent.run}”"] if agent.run else [])]


def _action(action: Action) -> Shown:
    parts = [
        richtext.section(
            [*richtext.text("Action ", bold=True), *richtext.text(exact_text.name(action.name), code=True)]
        )
    ]
    arguments, hidden = _arguments(action)
    if arguments:
        parts.append(richtext.preformatted(arguments))
    return Shown([richtext.block(parts)]) + _missing(hidden, "/action/arguments") + _full(action)


def _action_plain(action: Action) -> Shown:
    arguments, hidden = _arguments(action)
    name = exact_text.name(action.name)
    shown = Shown(_plain_sections(f"Action {name}\n{arguments}")) + _missing(hidden, "/action/arguments")
    return shown + _full(action, plain=True)


def _full(action: Action, *, plain: bool = False) -> Shown:
    """The beginning of the full text, if there is one, and how much of it is missing."""
    if action.full is None:
        return Shown([])
    shown = full_preview.beginning(action.full)
    if plain:
        lines = _plain_sections(f"{full_preview.LABEL}\n{exact_text.text(shown)}")
    else:
        label = richtext.section(richtext.text(full_preview.LABEL, bold=True))
        lines = [richtext.block([label, richtext.exactly(exact_text.text(shown))])]
    hidden = full_preview.hidden_bytes(action.full)
    note = [blocks.context(blocks.mrkdwn(f"_{hidden:,} more bytes of the full text are not shown here._"))]
    return Shown(lines) + (Shown(note, ("/action/full",)) if hidden else Shown([]))


def _arguments(action: Action) -> tuple[str, int]:
    """The arguments, and how many characters are left out: of an action that a release with fewer escapes accepted."""
    whole = question.pretty(action.arguments) if action.arguments else ""
    shown = texts.head(whole, question.MAX_ACTION)
    return shown, len(whole) - len(shown)


def _fitting(facts: Sequence[Fact], max_weight: int) -> Shown:
    """The facts, complete if they fit, else all shortened to the same length."""
    if not facts:
        return Shown([])
    whole = _facts(facts, max_weight)
    if texts.weight(whole.blocks) <= max_weight:
        return whole
    return _facts(facts, max(MIN_FACT, max_weight // len(facts) - _FACT_OVERHEAD))


def _facts(facts: Sequence[Fact], limit: int) -> Shown:
    rows, cut = [], []
    for index, fact in enumerate(facts):
        value = shortened(fact.value, limit)
        rows.append(
            richtext.section(
                [*richtext.text(f"{fact.name}: ", bold=True), *richtext.text(value if value.strip() else "(empty)")]
            )
        )
        cut += [f"/facts/{index}/value"] if value is not fact.value else []
    return Shown([richtext.block(rows)], tuple(cut))


def shortened(value: str, limit: int) -> str:
    """The value, or its beginning and how many characters are missing; the same string if it is whole."""
    if texts.units(value) <= limit:
        return value
    shown = texts.head(value, limit - _CUT)
    return f"{shown}{texts.ELLIPSIS} ({len(value) - len(shown):,} more characters)"


def _body(body: Body, max_weight: int) -> Shown:
    shown = prose.rich(body, max(max_weight, 0))
    return Shown([richtext.block(shown.elements)] if shown.elements else []) + _missing(shown.hidden, "/body")


def _missing(hidden: int, *pointers: str) -> Shown:
    """The line that says how many characters of these fields are not shown; nothing if all are."""
    if not hidden:
        return Shown([])
    note = f"_{hidden:,} more characters do not fit on a card and are not shown._"
    return Shown([blocks.context(blocks.mrkdwn(note))], pointers)


def _plain_sections(words: str) -> list[Json]:
    pieces = texts.pieces(words, blocks.MAX_TEXT)
    return [blocks.section(blocks.plain(piece)) for piece in pieces if piece.strip()]
