"""JSON keeps every digit of a number, in Python as in PostgreSQL, and is measured without being written."""

import random
from decimal import Decimal
from typing import Any

import pytest

from storage import json_text
from storage.pool import Database

NUMBERS = [
    ("0.1", "0.1"),
    ("1.50", "1.50"),
    ("12345678901234567890.123456789", "12345678901234567890.123456789"),
    ("1e5", "100000"),
    ("1.50e1", "15.0"),
    ("1E-7", "0.0000001"),
    ("-2.5e-3", "-0.0025"),
    ("0e5", "0"),
    ("0e-5", "0.00000"),
    ("1e-400", "0." + "0" * 399 + "1"),
    ("1e3899", "1" + "0" * 3_899),
    ("1e-3899", "0." + "0" * 3_898 + "1"),
    ("9" * 3_900, "9" * 3_900),
]


@pytest.mark.parametrize(("sent", "written"), NUMBERS)
async def test_a_number_is_written_alike_before_and_after_it_was_stored(db: Database, sent: str, written: str) -> None:
    value = json_text.loads(f'{{"a": [{sent}]}}')
    (row,) = await db.fetch("select $1::jsonb as value, ($1::jsonb)::text as text", value)

    assert json_text.dumps(value) == json_text.dumps(row["value"]) == row["text"] == f'{{"a": [{written}]}}'


@pytest.mark.parametrize("text", ['"\\u0000', "\\u00001", '"\\u00005"', "\x01", '\\"\\u00001"', "0.5"])
def test_no_text_is_taken_for_a_number(text: str) -> None:
    value = {text: [text, Decimal("0.5"), {"a": text}]}

    for ascii_only in (True, False):
        assert json_text.loads(json_text.dumps(value, ensure_ascii=ascii_only)) == value


def test_nothing_but_json_and_decimals_is_written() -> None:
    for value in (object(), float("nan"), b"x"):
        with pytest.raises((TypeError, ValueError)):
            json_text.dumps([value])


def some(chance: random.Random, depth: int) -> Any:
    """A value as requests have it."""
    names = ["", "a", "é", '"\n', "🎉"]
    match chance.randrange(4) if depth else 0:
        case 1:
            return [some(chance, depth - 1) for _ in range(chance.randrange(4))]
        case 2:
            return {name: some(chance, depth - 1) for name in chance.sample(names, chance.randrange(4))}
    return chance.choice([None, True, False, 0, -17, Decimal("1.50"), Decimal("1E+30"), *names])


def test_the_size_is_the_one_of_what_would_be_written() -> None:
    chance = random.Random(20261129)
    for _ in range(2_000):
        value = some(chance, 6)
        for indent in (0, 2):
            written = json_text.dumps(value, ensure_ascii=False, **({"indent": indent} if indent else {}))
            size = len(written.encode())

            assert not json_text.is_longer(value, size, indent=indent), written
            assert json_text.is_longer(value, size - 1, indent=indent), written
