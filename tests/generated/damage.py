"""Damages valid bytes at random; used by all tests that send damaged requests."""

import random

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
