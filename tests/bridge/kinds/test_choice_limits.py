import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bridge import question
from bridge.card.frame import CardView
from bridge.card.labels import visible_form
from bridge.kinds.choice import KIND
from bridge.kinds.choice.request import Request
from storage.model import Json, Status
from tests.bridge import limits
from tests.bridge.interactions import interaction

PEOPLE = [f"U{n:030}" for n in range(50)]


def asked(options: list[Json], **fields: Any) -> Json:
    return {"kind": "choice", "title": "Where to?", "options": options} | fields


def longest(count: int, filler: str = "x", **fields: Any) -> list[Json]:
    """Options whose labels and ids are as long as they may be."""
    whole = len((filler * 73).encode("utf-16-le")) // 2
    times = 73 if whole <= 73 else 73 // (whole // 73)
    return [{"id": f"{n:0100}", "label": f"{n:02}"[:2] + filler * times} | fields for n in range(count)]


def check(request: Json) -> None:
    """In every status and both forms, with the most that can surround a question."""
    for status in Status:
        last = request["options"][-1]["id"]
        shown = interaction(
            request, status=status, asked_by="k" * 80, responders=PEOPLE, home_teams=None, on_expiry=last
        )
        for plain in (False, True):
            limits.check(KIND.draw(CardView(shown, version=999_999_999, plain=plain)), shown)


@pytest.mark.parametrize("filler", ["x", "😀", "&", "<", "*", "\u202e", "漢", '"'])
@pytest.mark.parametrize("count", [5, 100])
def test_the_most_and_longest_options_fit_in_every_status(count: int, filler: str) -> None:
    check(asked(longest(count, filler, style="danger", confirm="c" * 300), body="b" * 9_000))


def test_a_hundred_of_the_longest_options_leave_room_for_the_question() -> None:
    request = asked(
        [option | {"id": f"server-{n}"} for n, option in enumerate(longest(100))],
        title="t" * 150,
        body="word " * 200,
        facts=[{"name": f"fact {n}", "value": "v" * 60} for n in range(5)],
        action={"name": "move", "arguments": {"what": "a" * 300}},
        agent={"name": "Release agent", "run": "run-8841", "url": "https://ci.example.com/runs/8841"},
    )
    words = limits.words(KIND.draw(CardView(interaction(request), version=1)))

    assert words.count("word") == 200 and words.count("v" * 60) == 5 and "not shown" not in words
    check(request)


def test_the_plain_form_is_small_even_if_slack_counts_every_character_of_json() -> None:
    shown = interaction(asked([{"id": f"{n}", "label": f"Server {n}"} for n in range(60)], body="b" * 9_000))

    assert len(json.dumps(KIND.draw(CardView(shown, version=1, plain=True)).blocks, separators=(",", ":"))) < 9_500


def test_more_than_one_card_can_show_is_refused_in_words() -> None:
    with pytest.raises(ValidationError) as refused:
        Request.model_validate(asked(longest(100), action={"name": "n", "arguments": {"a": "x" * 3_000}}))

    [error] = refused.value.errors()
    assert error["loc"] == ()
    assert error["msg"] == (
        "is too long for one card: title, options, action, facts and agent may have 10000 characters together; "
        "they have 10523"
    )


def _padded(request: Json) -> Json:
    """The same with an action as long as is just accepted."""
    low, high = 0, 4_000
    while low < high:
        middle = (low + high + 1) // 2
        try:
            Request.model_validate(request | {"action": {"name": "n", "arguments": {"a": "Z" * middle}}})
        except ValidationError:
            high = middle - 1
        else:
            low = middle
    return request | {"action": {"name": "n", "arguments": {"a": "Z" * low}}}


@pytest.mark.parametrize("count", [5, 60, 100])
@pytest.mark.parametrize("address", ["https://x.example/" + "&" * 300, "https://" + "h" * 60 + ".example/"])
def test_everything_at_its_limit_at_once_still_fits(count: int, address: str) -> None:
    request = _padded(
        asked(
            longest(count, confirm="c" * 300),
            title="t",
            body="b" * 9_000,
            facts=[{"name": "f" * 20, "value": "v" * 500} for _ in range(10)],
            agent={"name": "a" * 80, "run": "r" * 200, "url": address},
            on_behalf_of={"user": "U" + "0" * 30},
        )
    )
    action = question.pretty(request["action"])

    check(request)
    for plain in (False, True):
        words = limits.words(KIND.draw(CardView(interaction(request), version=1, plain=plain)))
        assert words.count("Z") == action.count("Z")


HOSTILE = [
    "<!channel>",
    "<@U0ANA>",
    "&amp;",
    "```",
    "*a* ",
    "_",
    "~",
    ":tada:",
    "x",
    " ",
    '"',
    "😀",
    "\u202e",
    "é",
    "漢",
]
LABELS = st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=9).map("".join)
OPTIONS = st.lists(
    st.fixed_dictionaries(
        {"label": LABELS.filter(lambda label: visible_form(label) and len(label.encode("utf-16-le")) <= 150)},
        optional={"style": st.sampled_from(["primary", "danger"]), "confirm": LABELS.filter(visible_form)},
    ),
    min_size=2,
    max_size=40,
    unique_by=lambda option: visible_form(option["label"]),
).map(lambda options: [{"id": f"o{n}", **option} for n, option in enumerate(options)])


@settings(max_examples=20, deadline=None, database=None, derandomize=True)
@given(
    options=OPTIONS,
    body=st.sampled_from(["", "b" * 9_000, "- a\n" * 2_000, "`a`b" * 2_000]),
    status=st.sampled_from(list(Status)),
    plain=st.booleans(),
)
def test_whatever_is_accepted_can_be_shown_in_every_status(
    options: list[Json], body: str, status: Status, *, plain: bool
) -> None:
    shown = interaction(asked(options, body=body), status=status)
    again = json.loads(json.dumps(shown.request))

    limits.check(KIND.draw(CardView(shown, version=1, plain=plain)), shown)
    assert KIND.stored(Request.model_validate(again)) == shown.request
