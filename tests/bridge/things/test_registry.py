"""The registry of nouns: each has a folder, and what names its things names no others."""

from pathlib import Path
from typing import get_args

import bridge.things
from bridge import ids
from bridge.ids import Prefix
from bridge.things import registry
from bridge.things.registry import NOUNS
from storage.model import EventType

FOLDERS = {path.parent.name for path in Path(bridge.things.__file__).parent.glob("*/__init__.py")}


def test_every_folder_is_a_noun_of_its_own_name() -> None:
    assert NOUNS.keys() == FOLDERS
    assert [noun.name for noun in NOUNS.values()] == list(NOUNS)


def test_ids_paths_and_events_of_nouns_are_not_taken_for_others() -> None:
    prefixes = [noun.prefix for noun in NOUNS.values()]

    assert len(set(prefixes)) == len(prefixes) and not {*prefixes} & {*get_args(Prefix)}
    assert len({noun.plural for noun in NOUNS.values()}) == len(NOUNS)
    assert not {type.partition(".")[0] for type in EventType} & NOUNS.keys()


def test_every_noun_tells_what_it_can_reach_and_that_a_card_cannot_be_shown() -> None:
    for noun in NOUNS.values():
        assert noun.moves[-1] == "unreachable" and len(set(noun.moves)) == len(noun.moves)
        assert noun.final and noun.final < set(noun.waitable)


def test_an_id_of_a_thing_is_read_under_the_prefixes_of_nouns_only() -> None:
    id = ids.new()

    assert [registry.decode(noun.public_id(id)) for noun in NOUNS.values()] == [id] * len(NOUNS)
    assert [registry.decode(ids.encode(prefix, id)) for prefix in get_args(Prefix)] == [None] * len(get_args(Prefix))
    assert registry.decode(ids.encode(ids.ThingPrefix("zzz"), id)) is None
    assert ids.decode_thing(ids.encode("int", id)) is None and ids.decode_thing("rec_x") is None
