"""The rules for every card: Slack's limits, and a layout that no text of an agent can leave or imitate."""

import re
from collections.abc import Collection, Iterator

from bridge import ids
from bridge.card import action_ids
from bridge.card.frame import Drawing
from sandbox.slack.validator import message
from storage.model import Interaction, Json, Status

_OURS = re.compile(
    r"<@[A-Z0-9]+>"
    r"|<!date\^\d+\^(?:until |since |(?:Last attempt )?· )?\{date_short_pretty\} at \{time\}"
    r"\|(?:until |since |(?:Last attempt )?· )?\d{4}-\d\d-\d\d \d\d:\d\d UTC>"
    r"|<https?://[^<>|\s]+\|[^<>|]+>"
    r"|<https?://[^<>|\s]+>"  # a foreign address, which is its own label
)
_LABEL = re.compile(r"<[^<>|]*\||<[^<>]*>")
_SHORTCODE = re.compile(r":(?!(?<=\d:)\d\d:\d)[\w+'-]+:")  # the middle of a time, 10:30:15, is none
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e]")
_ISOLATES = re.compile("[\u2066-\u2069]")
_ENTITY = re.compile(r"&(?:amp|lt|gt);")


def check(card: Drawing, interaction: Interaction) -> None:
    """Check the rules for every card of every kind in every status."""
    check_drawing(card)
    _check_buttons(card, interaction)
    assert f"ID {ids.short(interaction.id)}" in words(card)


def check_drawing(card: Drawing, *, channels: Collection[str] = ()) -> None:
    """Check the rules for every card, whatever it shows. It may link to these conversations and to no others."""
    assert message.problems(card.blocks) == []
    assert message.characters(card.blocks) <= 13_200
    all_words, every = words(card), objects(card.blocks)
    assert utf16(all_words) - all_words.count("\n") <= 13_200
    assert 0 < utf16(card.text) <= 3_900
    for ours in [*mrkdwn(card.blocks), card.text]:
        assert_nothing_foreign_is_active(re.sub("|".join(f"<#{id}>" for id in channels) or "$", "", ours))
        assert not _SHORTCODE.search(_LABEL.sub(" ", ours)), ours
    for found in every:
        if isinstance(text := found.get("text"), str):
            assert utf16(text) <= 3_000
        if found.get("type") == "header":
            assert utf16(found["text"]["text"]) <= 150
        if found.get("type") == "mrkdwn":
            assert found["verbatim"] is True
        if found.get("type") == "plain_text":
            assert found["emoji"] is False
    for element in buttons(card):
        for label in [element.get("text"), *(option["text"] for option in element.get("options", ()))]:
            assert label is None or utf16(label["text"]) <= 75
        if dialog := element.get("confirm"):
            assert utf16(dialog["text"]["text"]) <= 300
    assert not _STEERING.search(card.text + all_words)
    for line in "\n".join([card.text, *lines(card.blocks)]).split("\n"):
        assert_isolates_are_closed(line)


def assert_isolates_are_closed(line: str) -> None:
    """Check that the line's isolates are nested properly, so that they cannot reorder what follows."""
    depth = 0
    for isolate in _ISOLATES.findall(line):
        depth += -1 if isolate == "\u2069" else 1
        assert depth >= 0
    assert depth == 0


def lines(value: object) -> Iterator[str]:
    """The text of each text object, and of the elements of each part of rich text together."""
    for found in objects(value):
        inner = [element for element in found.get("elements", ()) if element.get("type") in ("text", "link")]
        if inner:
            yield "".join(element["text"] for element in inner)
        elif isinstance(found.get("text"), str) and found["type"] not in ("text", "link"):
            yield found["text"]


def assert_nothing_foreign_is_active(text: str) -> None:
    """Check that angle brackets contain only mentions, dates and links of the bridge, and no entity is cut."""
    rest = _OURS.sub("", text)
    assert "<" not in rest and ">" not in rest
    assert "&" not in _ENTITY.sub("", rest)


def mrkdwn(blocks: list[Json]) -> list[str]:
    return [found["text"] for found in objects(blocks) if found.get("type") == "mrkdwn"]


def buttons(card: Drawing) -> list[Json]:
    return [found for found in objects(card.blocks) if found.get("type") in ("button", "static_select", "overflow")]


def pressed(card: Drawing) -> dict[str, str]:
    """Every choice of this card, as `action_ids` reads it, with the label of its button or of its option in a menu."""
    elements = buttons(card)
    elements = [element for element in elements if element["action_id"] != action_ids.SHOW]
    if elements and elements[0]["type"] == "static_select":
        menu, submit = elements
        assert menu["action_id"] == action_ids.PICK and "confirm" not in menu
        offered = [(submit["action_id"], option["value"], option["text"]) for option in menu["options"]]
    else:
        offered = [
            (element["action_id"], option.get("value"), option["text"])
            for element in elements
            for option in element.get("options", [element])  # of the menu behind three dots
        ]
    found = {action_ids.choice_of(action, value): text["text"] for action, value, text in offered}
    assert len(found) == len(offered)
    return {choice: label for choice, label in found.items() if choice is not None}


def words(card: Drawing) -> str:
    """All texts of the blocks, without formatting."""
    return shown(card.blocks)


def shown(blocks: list[Json]) -> str:
    """The texts in these blocks or elements, one a line."""
    return "\n".join(found["text"] for found in objects(blocks) if isinstance(found.get("text"), str))


def objects(value: object) -> list[Json]:
    """Every object in the value, each before those inside it; one list, since generated tests walk millions of them."""
    found: list[Json] = []
    _gather(value, found)
    return found


def _gather(value: object, found: list[Json]) -> None:
    if isinstance(value, dict):
        found.append(value)
    elif not isinstance(value, list):
        return
    for inner in value.values() if isinstance(value, dict) else value:
        if not isinstance(inner, str):  # most values are texts
            _gather(inner, found)


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _check_buttons(card: Drawing, interaction: Interaction) -> None:
    rows = [block for block in card.blocks if block["type"] == "actions"]
    if interaction.status is not Status.PENDING:
        assert rows == [] and buttons(card) == []
        return
    assert [action_ids.interaction_of(row["block_id"]) for row in rows] == [interaction.id]
    assert sorted(pressed(card)) == sorted(interaction.answers | interaction.forms)
