"""Thousands of payloads Slack would never send: none raises, and nothing absurd gets past the parser."""

import copy
import dataclasses
import json
import random
from collections.abc import Iterator
from typing import Any, get_args

from bridge.slack.payloads.incoming import Click, Closing, Incoming, Shortcut, Submission, Suggestion
from tests import payloads
from tests.bridge.slack.parsing import parsed

PERSONAL = (Click, Submission, Closing, Shortcut, Suggestion)
ABSURD: list[Any] = [
    None,
    True,
    0,
    -1,
    1e308,
    10**300,
    "",
    "\x00",
    "\ud800",
    "x" * 5_000,
    [],
    [None],
    [[]],
    {},
    {"id": None},
    {"id": {"id": {}}},
    {"type": "view"},
    "block_actions",
]


def test_thousands_of_mangled_payloads_raise_nothing_and_store_nothing_absurd() -> None:
    """Each field of each shape is dropped and retyped in turn, then pairs of fields at random."""
    chance = random.Random(22)
    cases = 0
    for name in payloads.names():
        whole = payloads.load(name)
        for mangled in [*_one_by_one(whole), *_in_pairs(whole, chance)]:
            cases += 1
            as_json = name in {"url_verification", "event_callback"}

            found = parsed(json.dumps(mangled).encode() if as_json else payloads.form(mangled))

            assert isinstance(found, get_args(Incoming))
            assert type(found) is type(parsed(mangled)) or "type" not in whole, "a socket's is read the same way"
            if isinstance(found, PERSONAL):
                _assert_storable(found)
    assert cases > 5_000


def test_thousands_of_mangled_texts_raise_nothing() -> None:
    """Keys doubled, brackets lost, bytes flipped: the JSON itself is broken, or means something else."""
    chance = random.Random(33)
    for name in payloads.names():
        whole = payloads.body(name)
        for _ in range(300):
            data = bytearray(whole)
            for _ in range(chance.randint(1, 5)):
                at, length = chance.randrange(len(data)), chance.randint(1, 40)
                match chance.randrange(4):
                    case 0:
                        data[at:at] = data[at : at + length]
                    case 1 if len(data) > length:
                        del data[at : at + length]
                    case 2:
                        data[at] = chance.randrange(256)
                    case _:
                        data[at:at] = chance.choice(
                            [b"%00", b"%FF", b"&", b"&payload=", b"%22", b"\\ud800", b"{", b"="]
                        )

            assert isinstance(parsed(bytes(data)), get_args(Incoming))


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from _paths(value[key], (*path, key))


def _mangled(whole: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The same with `value` at `path`; without what was there, when `value` is the sentinel. Only the way is copied."""
    found = target = copy.copy(whole)
    for step in path[:-1]:
        target[step] = target = copy.copy(target[step])
    if value is _GONE:
        del target[path[-1]]
    else:
        target[path[-1]] = value
    return found


_GONE = object()


def _one_by_one(whole: Any) -> Iterator[Any]:
    for path in _paths(whole):
        for value in (_GONE, *ABSURD):
            yield _mangled(whole, path, value)


def _in_pairs(whole: Any, chance: random.Random) -> Iterator[Any]:
    for _ in range(100):
        once = _mangled(whole, chance.choice([*_paths(whole)]), chance.choice(ABSURD))
        yield _mangled(once, chance.choice([*_paths(once)]), chance.choice([_GONE, *ABSURD]))


def _assert_storable(found: Click | Submission | Closing | Shortcut | Suggestion) -> None:
    for text in (getattr(found, field.name) for field in dataclasses.fields(found)):
        if isinstance(text, str):
            assert 0 < len(text) <= 255
            assert "\x00" not in text
            text.encode()  # no lone surrogate
    assert found.app_id and found.user_id and (found.team_id or found.enterprise_id)
