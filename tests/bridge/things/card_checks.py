"""What holds for the card of every thing, whatever its texts are, and the parts of it that tests read."""

import random
import re
from collections.abc import Collection
from typing import Any

from bridge import ids
from bridge.card import action_ids
from bridge.card.frame import Drawing
from bridge.things.contract import ThingView
from storage.model import Json
from tests.bridge import limits
from tests.generated import hostile, sight


def below(drawn: Drawing) -> list[Json]:
    """The blocks below the rule."""
    [place] = [place for place, block in enumerate(drawn.blocks) if block["type"] == "divider"]
    return drawn.blocks[place + 1 :]


def lines(drawn: Drawing) -> list[str]:
    """The bridge's lines in mrkdwn below the rule."""
    return [text for block in below(drawn) for text in limits.mrkdwn([block])]


def check(
    shown: ThingView[Any], drawn: Drawing, *, first: str, more: str, moves: Collection[str], people: Collection[str]
) -> None:
    """Check a card: what its lines match, the moves of its buttons, and the only people it mentions."""
    channels = {address["channel"] for address in shown.thing.addresses if "channel" in address}
    limits.check_drawing(drawn, channels=channels)
    assert f"ID {ids.short(shown.thing.id)}" in limits.words(drawn)
    state, *rest = lines(drawn)
    assert re.fullmatch(first, state), state
    assert all(re.fullmatch(more, line) for line in rest), rest
    assert drawn.text.split("\n")[1] == state, "the text begins with title and state"
    rows = [block for block in drawn.blocks if block["type"] == "actions"]
    if shown.round_id is None or shown.is_retired or not moves:
        assert rows == []
    else:
        assert [action_ids.interaction_of(block["block_id"]) for block in rows] == [shown.round_id]
        assert limits.pressed(drawn).keys() == set(moves)
    for url, label in sight.links(drawn.blocks):
        assert sight.leads_where_it_says(url, label), (url, label)
    for ours in [*limits.mrkdwn(drawn.blocks), drawn.text]:
        assert set(re.findall(r"<@([A-Z0-9]+)>", ours)) <= set(people)
        assert "<!channel" not in ours and "<!here" not in ours
    assert drawn.is_plain == shown.is_plain


def text(chance: random.Random, size: int) -> str:
    """A hostile text that a request may have."""
    return hostile.text(chance, size).replace("\x00", "")[:size].strip() or "x"


def line(chance: random.Random, size: int) -> str:
    """The same on one line."""
    return " ".join(text(chance, size).split()) or "x"


def opener(chance: random.Random) -> dict[str, Any]:
    """Columns of a thing that a hostile agent opened, for anyone or for many people."""
    agents = [None, {"name": line(chance, 80), "run": line(chance, 200)}, {"url": "https://ci.example.com/7"}]
    return {
        "agent": chance.choice(agents),
        "opened_by": line(chance, 80),
        "responders": chance.choice([None, ["U0ANA"] * 60]),
        "home_teams": chance.choice([None, ["T0SANDBOX"]]),
    }
