"""Cursors of an order by values: opaque, exact, and taken only as they were made."""

import base64
from datetime import UTC, datetime
from uuid import UUID

import pytest

from bridge import ids
from bridge.agents.http import paging
from bridge.agents.http.problems import ApiProblem

ID = UUID("01939c2e-7c00-7000-8000-000000000001")
AT = datetime(2026, 11, 29, 22, 32, 18, 123457, tzinfo=UTC)
TYPES = (int, datetime)


def cursor(written: str) -> str:
    return f"cur_{base64.urlsafe_b64encode(written.encode()).decode().rstrip('=')}"


@pytest.mark.parametrize("number", [0, 7, -1000, 2**31 - 1, -(2**31) + 1])
def test_a_cursor_is_read_as_it_was_made(number: int) -> None:
    made = paging.cursor_of([number, AT], ID)

    assert paging.after(made, TYPES) == ([number, AT], ID)
    assert made.startswith("cur_") and len(made) <= 124


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "cur_",
        ids.encode("cur", ID),
        ids.encode("int", ID),
        paging.cursor_of([1], ID),
        paging.cursor_of([1, 2, 3], ID),
        paging.cursor_of([1, AT], ID) + "A",
        paging.cursor_of([1, AT], ID)[:-1],
        paging.cursor_of([1, AT], ID) + "\n",
        cursor(f"01.5.{ID.hex}"),
        cursor(f"-0.5.{ID.hex}"),
        cursor(f"{2**31}.5.{ID.hex}"),
        cursor(f"{-(2**31)}.5.{ID.hex}"),  # which cannot be negated, as the order of leases does
        cursor(f"1.-5.{ID.hex}"),
        cursor(f"1.{2**53 + 1}.{ID.hex}"),
        cursor(f"1.99999999999999999.{ID.hex}"),
        cursor(f"1.5.{ID}"),
        cursor(f"1.5.{ID.hex.upper()}"),
        cursor("1.5." + "é" * 16),
        cursor(f"{'1' * 60}.5.{ID.hex}"),
    ],
)
def test_no_other_text_is_a_cursor(text: str) -> None:
    with pytest.raises(ApiProblem, match="unchanged next_cursor"):
        paging.after(text, TYPES)
