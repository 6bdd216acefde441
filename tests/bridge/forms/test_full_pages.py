"""A page of a full text in Slack: within its limits, with nothing hidden, and nothing that Slack interprets."""

import hashlib
from uuid import UUID

import pytest

from bridge import full_text
from bridge.forms import codec, full_pages
from bridge.forms.codec import FormTarget
from sandbox.slack.validator import view as slack
from storage.model import Json
from tests.bridge import limits
from tests.bridge.slack.forms import reading
from tests.bridge.test_full_text import WIDE

ID = UUID("0193a2b4-0000-7000-8000-000000000001")
TITLE = "T" * 150


def modal(text: str, page: int) -> Json:
    target = FormTarget(interaction=ID, channel="C0APPROVALS", ts="1700000000.000100", page=page)
    return full_pages.modal(text, question=TITLE, target=target)


@pytest.mark.parametrize("text", WIDE.values(), ids=WIDE)
def test_every_page_of_every_text_is_one_that_slack_takes(text: str) -> None:
    count = len(full_text.pages(text))
    for page in range(count):
        view = modal(text, page)

        assert slack.problems(view) == [] and not slack.is_too_large(view | {"external_id": "x" * 70})
        assert {block["type"] for block in view["blocks"]} <= {"rich_text", "context", "actions"}
        assert "submit" not in view, "it takes nothing"
        assert all(limits.utf16(found) <= 3_000 for found in limits.shown(view["blocks"]).split("\n"))
        assert all(element["type"] == "text" for element in _preformatted(view))
        assert f"Page {page + 1} of {count} " in reading.words(view)
        assert ("The text ends here." in reading.words(view)) == (page == count - 1)
        assert codec.target(view["private_metadata"]) == FormTarget(
            interaction=ID, channel="C0APPROVALS", ts="1700000000.000100", page=page
        )


def test_a_page_of_nothing_but_white_space_says_so() -> None:
    view = modal("\n" * 12_000 + "x", 0)

    assert "(only white space)" in reading.words(view) and _preformatted(view) == []
    assert reading.shown(modal("\n" * 12_000 + "x", 1)) == "x"


def test_the_whole_digest_and_how_the_text_is_written_are_said() -> None:
    honest, odd = modal("deploy\n", 0), modal("deploy\u202e\n", 0)

    assert hashlib.sha256(b"deploy\n").hexdigest() in reading.words(honest)
    assert "written as" not in reading.words(honest)
    assert "written as" in reading.words(odd) and reading.shown(odd) == "deploy\\u202e\n"


@pytest.mark.parametrize("text", ["```", "<!channel> <@U0EVE> https://evil.example :tada: *x* &amp;", "# x\n> y\n- z"])
def test_nothing_in_the_text_is_interpreted(text: str) -> None:
    view = modal(text, 0)

    assert reading.shown(view) == text
    assert limits.mrkdwn(view["blocks"]) == []


@pytest.mark.parametrize(
    ("action", "page"),
    [("v1:page:0", 0), ("v1:page:999", 999), ("v1:page:01", None), ("v1:page:1000", None), ("v1:page:-1", None)]
    + [(odd, None) for odd in ("v1:page:", "v1:page:1\n", "v1:page:\u0661", "v1:show", "", None, 7)],
)
def test_a_button_names_one_page(action: object, page: int | None) -> None:
    assert codec.page_of(action) == page
    assert page is None or codec.page_action(page) == action


def _preformatted(view: Json) -> list[Json]:
    return [
        element
        for block in view["blocks"]
        if block["type"] == "rich_text" and reading.is_preformatted(block)
        for element in block["elements"][0]["elements"]
    ]
