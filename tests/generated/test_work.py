"""The work for one card is bounded, whatever its texts are: counted in function calls, not in time."""

import random

from hypothesis import given

from bridge.card.frame import CardView
from bridge.kinds.registry import KINDS
from storage.model import Json, Status
from tests.bridge.interactions import interaction
from tests.generated import costly
from tests.generated.scale import Tried, chances, generated
from tests.generated.work import MAX_CALLS, calls

# What people reported or a search found, each as long as a body may be. In comments: function calls before the bound.
_WIDE = "|a" * 200 + "|\n" + "|-" * 200 + "|\n"
BODIES = {
    "six tables with short rows": ((_WIDE + "|\n" * 349)[:1_498] + "\n\n") * 6,  # 40 million
    "one wide table": "|a" * 1_500 + "|\n" + "|-" * 1_500 + "\n" + "|\n" * 1_400,
    "lines after a deep quote": ">" * 90 + "a\n" + "a\n" * 4_400,  # 8 million
    "images in images": "![" * 590 + "*a" * 3_000 + "](b)" * 400,  # 11 million
    "images with emphasis": "![*a*](b)" * 1_000,
    "a fence of line breaks": "```\n" + "\n" * 8_990 + "x",
    "deep lists": "\n".join("- " * 48 + "a" for _ in range(90)),
    "addresses": "http://a " * 1_000,
    "addresses with marks": "http://a/*b " * 1_000,
    "addresses below a table": "|a|\n|-|\n\n" + "http://a " * 1_000,
    "addresses that end in a bracket": "http://[" * 1_200,
    "a table that is padded": "|" + "a" * 40 + "|b|\n|-|-|\n" + "|c|d|\n" * 300 + "\n" + "http://a " * 700,
    "marks": ("a" + "\u0336" * 9) * 900,
}
_LABELS = {"options": [{"id": f"o{n}", "label": f"{n:03}" + "x" * 70, "confirm": "c" * 300} for n in range(100)]}
_SHORT = {"options": [{"id": f"o{n}", "label": f"{n:03}", "confirm": "c"} for n in range(100)]}
_FACTS = {"facts": [{"name": "n" * 80, "value": "\u0336" * 499 + "v"}] * 10}
_ACTION = {"action": {"name": "a" * 150, "arguments": {str(n): [[n]] for n in range(80)}}}


def _drawn(request: Json) -> int:
    """The most work for any of this request's cards."""
    kind = KINDS[request["kind"]]
    shown = [interaction(request, status=status) for status in (Status.PENDING, Status.ANSWERED)]
    views = [CardView(one, version=1, plain=plain) for one in shown for plain in (False, True)]
    return max(calls(lambda view=view: kind.draw(view)) for view in views)  # type: ignore[misc]


@generated(12)
@given(chances())
def test_no_body_makes_a_card_costly(chance: random.Random) -> None:
    body = costly.text(chance, 9_000)

    assert _drawn({"kind": "approval", "title": "Go?", "body": f"x{body[1:]}"}) < MAX_CALLS


def test_no_known_costly_body_makes_a_card_costly(tried: Tried) -> None:
    for name, body in BODIES.items():
        work = _drawn({"kind": "approval", "title": "Go?", "body": body[:9_000]})
        tried(name, work)
        assert work < MAX_CALLS, name


def test_no_request_with_all_fields_at_their_limits_makes_a_card_costly(tried: Tried) -> None:
    body = costly.text(random.Random(100134), 9_000)
    for request in ({"kind": "choice", **_LABELS}, {"kind": "choice", **_SHORT, **_FACTS, **_ACTION}):
        work = _drawn({"title": "t" * 150, "body": body, **request})
        tried("calls", work)
        assert work < MAX_CALLS
