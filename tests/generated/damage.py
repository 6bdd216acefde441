"""Damages valid bytes and valid JSON at random; used by all tests that send damaged requests."""

import copy
import json
import random
from typing import Any

ABSURD: list[Any] = [
    None,
    [],
    {},
    "",
    0,
    True,
    "x" * 300,
    {"id": []},
    [[]],
    "view",
    -1,
    "\ud800",
    "\x00",
    "E0",
    10**300,
]
ABSURD += [json.loads('{"a":' * 200 + "1" + "}" * 200), 1e308, {"type": "view", "id": 7}, ["T0SANDBOX"], "E0"]
_SEPARATORS = b'%&=+{}[]",:\\0\r\n'


def damaged(whole: bytes, chance: random.Random) -> bytes:
    """The bytes with one to four damages: bytes inserted, removed, flipped, overwritten or repeated."""
    data = bytearray(whole)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(6):
            case 0:
                data[at:at] = chance.randbytes(chance.randint(1, 4))
            case 1:
                del data[at : at + chance.randint(1, 80)]
            case 2 if data:
                data[at % len(data)] ^= 1 << chance.randrange(8)
            case 3 if data:
                data[at % len(data)] = chance.choice(_SEPARATORS)
            case 4 if data:
                data[at % len(data)] = chance.choice(b"0123456789abcdef")
            case _:
                data[at:at] = data[: chance.randint(0, 60)]
    return bytes(data)


def absurd(whole: Any, chance: random.Random) -> Any:
    """The payload with one to three of its values replaced or removed."""
    payload = copy.deepcopy(whole)
    for _ in range(chance.randint(1, 3)):
        inside = payload
        while True:
            key = chance.choice([*inside] if isinstance(inside, dict) else range(len(inside)))
            if not (isinstance(inside[key], dict | list) and inside[key] and chance.random() < 0.6):
                break
            inside = inside[key]
        if len(inside) > 1 and chance.random() < 0.2:
            del inside[key]
        else:
            inside[key] = copy.deepcopy(chance.choice(ABSURD))
    return payload
