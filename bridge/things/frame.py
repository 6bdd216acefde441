"""The layout that the cards of all things share, in every status, within Slack's limits.

    title, opener, the agent's claims about itself, link, texts    agents' words
    ───────────────────────────────────────────────────────────
    lines about the state; buttons; end of the id                  written by the bridge

Above the rule an agent can write anything; its words appear only in headers, rich text and plain text objects, where
Slack interprets nothing. Below it, words of agents and people appear only in quotation marks of the bridge. A card that
its thing has left says only where it went.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from bridge import ids
from bridge.card import action_ids, blocks, links, richtext, texts
from bridge.card.content import shortened
from bridge.card.frame import Drawing
from bridge.things.contract import PersonMove, ThingView
from storage.model import Json, Thing

_MAX_SPOKEN: Final = 3_900  # chat.update refuses a `text` of more than 4,000
_MAX_MENTIONS: Final = 50
_THEN: Final = "·"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limits:
    """Units of each text that a card shows; what is cut says how many characters are missing."""

    text: int
    name: int
    value: int


_WIDE: Final = _Limits(text=1_500, name=80, value=200)
_PLAIN: Final = _Limits(text=800, name=60, value=120)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A text of the agent under its name."""

    name: str
    text: str
    field: str | None = None  # the JSON pointer of the field that it shows; None: it is never cut
    is_value: bool = False  # one of many, of which the card shows less


def frame(
    view: ThingView[Any],
    *,
    title: str,
    rows: Sequence[Sequence[Row]],
    lines: Sequence[str],
    moves: Mapping[str, PersonMove],
    opened: str = "Opened",
    url: str | None = None,
    more: Sequence[tuple[int, str]] = (),
    mentions: bool = True,
) -> Drawing:
    """The card of a thing: groups of rows above the rule, mrkdwn lines below it, and a button for each of its moves.

    `opened` is what the agent did; `more` says how many further values there are of which field. A card without
    `mentions` notifies no one.
    """
    first = blocks.unformatted(title)
    if view.is_retired:
        said = moved(view, mentions=mentions)
        body = [_heading(title, is_plain=view.is_plain), blocks.divider(), blocks.section(blocks.mrkdwn(said))]
        return Drawing(text=_text([first, said]), blocks=[*body, _id(view)], is_plain=view.is_plain)
    above, truncated = _above(view, title, rows, more, opener=f"{opened} by {view.thing.opened_by}", url=url)
    below = [blocks.section(blocks.mrkdwn(line)) for line in lines]
    spoken = [f"{opened} by {view.thing.opened_by}.", *(f"{name}: {text}" for name, text, _ in _cut(rows, _WIDE))]
    return Drawing(
        text=_text([first, *lines, *map(blocks.unformatted, spoken)]),
        blocks=[*above, blocks.divider(), *below, *_buttons(view, moves), _id(view)],
        is_plain=view.is_plain,
        truncated=truncated,
    )


def shows_all(view: ThingView[Any], rows: Sequence[Row]) -> bool:
    """Whether the card shows these rows without a cut."""
    return all(field is None for *_, field in _cut([rows], _limits(view)))


def who(view: ThingView[Any], responders: Sequence[str] | None, *, mentions: bool = True) -> str:
    """Who may act on an open thing, or that it cannot be acted on from this card."""
    if view.round_id is None:
        return "It cannot be acted on from this card at the moment."
    is_open_to_all = view.thing.home_teams is None
    if responders is None:
        others = ", including people from other organizations," if is_open_to_all else ""
        return f"Anyone {'' if is_open_to_all else 'in this workspace '}who can see this card{others} can act on it."
    rest = f" and {len(responders) - _MAX_MENTIONS} others" if len(responders) > _MAX_MENTIONS else ""
    allowed = " (people from other organizations allowed)" if is_open_to_all else ""
    if not mentions:
        return f"The people who were named when it was opened{allowed} can act on it."
    return f"{', '.join(map(blocks.mention, responders[:_MAX_MENTIONS]))}{rest}{allowed} can act on it."


def moved(view: ThingView[Any], *, mentions: bool = True) -> str:
    """Where the cards of a thing are, on a card that is not one of them any more."""
    at = f" {blocks.date(view.card.retired_at, _THEN)}" if view.card.retired_at else ""
    now = ", ".join(_place(address, mentions=mentions) for address in view.thing.addresses)
    return f"➡️ *Moved*{at}. {f'Its card is now here: {now}.' if now else 'It has no card any more.'}"


def by(person: Json | None, *, mentions: bool = True) -> str:
    """The person or agent who did something, after a blank, for a sentence; empty for the bridge itself."""
    return f" by {named(person, mentions=mentions)}" if person else ""


def named(person: Json, *, mentions: bool = True) -> str:
    """A person or an agent, by a mention or by the name of the user or the key."""
    if person.get("user") and mentions:
        return blocks.mention(person["user"])
    return blocks.quoted(str(person.get("key") or person.get("name") or person.get("user")), 80)


def _above(
    view: ThingView[Any],
    title: str,
    rows: Sequence[Sequence[Row]],
    more: Sequence[tuple[int, str]],
    *,
    opener: str,
    url: str | None,
) -> tuple[list[Json], tuple[str, ...]]:
    """The blocks above the rule, and JSON pointers of the fields of the request that they show in part."""
    shown = [_cut([group], _limits(view)) for group in rows]
    truncated = [field for group in shown for *_, field in group if field is not None]
    truncated += [field for number, field in more if number]
    rest = [blocks.plain(f"and {number:,} more of {field[1:]}") for number, field in more if number]
    top = [_heading(title, is_plain=view.is_plain), *_opener(view, opener, url)]
    if view.is_plain:
        words = "\n".join(f"{name}: {text}" for group in shown for name, text, _ in group)
        sections = [blocks.section(blocks.plain(piece)) for piece in texts.pieces(words, blocks.MAX_TEXT)]
        return [*top, *sections, *map(blocks.section, rest)], tuple(dict.fromkeys(truncated))
    bodies = [richtext.block([_row(name, text) for name, text, _ in group]) for group in shown if group]
    return [*top, *bodies, *map(blocks.context, rest)], tuple(dict.fromkeys(truncated))


def _limits(view: ThingView[Any]) -> _Limits:
    return _PLAIN if view.is_plain else _WIDE


def _cut(rows: Iterable[Iterable[Row]], limits: _Limits) -> list[tuple[str, str, str | None]]:
    """Name and text of each row within these limits, and its field if that is shown in part."""
    found = []
    for row in (row for group in rows for row in group):
        name, text = row.name, row.text
        if row.field is not None:
            name = texts.cut(name, limits.name)
            text = shortened(text, limits.value if row.is_value else limits.text)
        field = row.field if (name, text) != (row.name, row.text) else None
        found.append((name, text if text.strip() else "(empty)", field))
    return found


def _heading(title: str, *, is_plain: bool) -> Json:
    """The title, which is always complete."""
    if texts.units(title) <= blocks.MAX_HEADER:
        return blocks.header(title)
    if is_plain:
        return blocks.section(blocks.plain(title))
    return richtext.block([richtext.section(richtext.text(title, bold=True))])


def _row(name: str, text: str) -> Json:
    return richtext.section([*richtext.text(f"{name}: ", bold=True), *richtext.text(text)])


def _opener(view: ThingView[Any], opener: str, url: str | None) -> list[Json]:
    """Which key opened the thing, which the bridge verified; what the agent claims to be; and a link."""
    link = [blocks.mrkdwn(blocks.link(url, links.host(url)))] if url else []
    claims = _claims(view.thing)
    if view.is_plain:
        lines = [blocks.plain(f"{opener} (verified by its API key)")]
        lines += [blocks.plain(f"Agent, not verified: {', '.join(claims)}")] if claims else []
        return [blocks.section(text) for text in [*lines, *link]]
    verified = blocks.context(blocks.plain(opener), blocks.mrkdwn("_verified by its API key_"))
    agent = [*map(blocks.plain, claims), *_page(view.thing)]
    claimed = [blocks.context(blocks.mrkdwn("_Agent, not verified:_"), *agent)] if agent else []
    return [verified, *claimed, *([blocks.context(*link)] if link else [])]


def _page(thing: Thing) -> list[Json]:
    """The link to the agent's own page, as another claim."""
    url = (thing.agent or {}).get("url")
    return [blocks.mrkdwn(blocks.link(url, links.host(url)))] if url else []


def _claims(thing: Thing) -> list[str]:
    agent = thing.agent or {}
    named = [f"“{agent['name']}”"] if agent.get("name") else []
    return named + ([f"run “{agent['run']}”"] if agent.get("run") else [])


def buttons(round_id: UUID, version: int, moves: Mapping[str, PersonMove], *, value: str | None = None) -> Json:
    """The moves of a round as buttons, and those that are in a menu in one menu after them; `value` names the thing."""
    elements = [
        blocks.button(
            f"{move.label}…" if move.has_form else move.label,
            action_id=action_ids.open_form(name) if move.has_form else action_ids.choose(name),
            style="primary" if move.is_primary else None,
            confirm=move.confirm,
            value=value,
        )
        for name, move in moves.items()
        if not move.is_in_menu
    ]
    options = [blocks.option(move.label, value=name) for name, move in moves.items() if move.is_in_menu]
    if options:
        elements.append(blocks.overflow(options, action_id=action_ids.SELECT))
    return blocks.actions(action_ids.block_id(round_id, version), elements)


def _buttons(view: ThingView[Any], moves: Mapping[str, PersonMove]) -> list[Json]:
    if view.round_id is None or not moves:
        return []
    value = action_ids.thing(view.thing.noun, view.thing.id)
    return [buttons(view.round_id, view.version, moves, value=value)]


def _id(view: ThingView[Any]) -> Json:
    text = blocks.plain(f"ID {view.name or ids.short(view.thing.id)}")
    return blocks.section(text) if view.is_plain else blocks.context(text)


def _text(lines: list[str]) -> str:
    return blocks.cut_escaped("\n".join(lines), _MAX_SPOKEN)


def _place(address: Json, *, mentions: bool) -> str:
    if address.get("user"):
        return f"the direct messages of {blocks.mention(address['user'])}" if mentions else "direct messages"
    channel = blocks.channel(str(address["channel"]))
    return f"a thread in {channel}" if address.get("thread_ts") else channel
