"""The full text of an action: what is accepted, what is stored of it, and how it is cut into pages."""

import hashlib
import random
import re
from typing import Any

import pytest
from pydantic import ValidationError

from bridge import exact_text, full_text
from bridge.fields import STORED
from bridge.full_text import MAX_BYTES, PAGE
from bridge.kinds.approval import KIND
from bridge.kinds.approval.request import Request
from storage.model import Json
from tests.bridge import limits
from tests.generated import hostile

DEEP = "\n" * MAX_BYTES
WIDE: dict[str, str] = {
    "one line": "x" * MAX_BYTES,
    "empty lines": DEEP[1:] + "x",
    "marks": "a" + "\u0301" * ((MAX_BYTES - 1) // 2),
    "marks in another order": "a" + "\u0323\u0301" * ((MAX_BYTES - 1) // 4),
    "zero width": "a" + "\u200b" * ((MAX_BYTES - 1) // 3),
    "emoji": "😀" * (MAX_BYTES // 4),
    "tags": "a" + "\U000e0041" * ((MAX_BYTES - 1) // 4),
    "lookalikes": "\u0430b\u0432 " * (MAX_BYTES // 7),
    "what looks like escapes": "\\u200b" * (MAX_BYTES // 6),
    "backslashes": "\\" * MAX_BYTES,
    "long lines": ("y" * (PAGE + 1) + "\n") * 8,
    "a line that just fits": ("z" * (PAGE - 1) + "\n") * 8,
    "Hangul": "\u1100" + "\u1161" * 34_000,
}
ESCAPE = re.compile(r"\\u([0-9a-f]{4})")


def asked(full: Any) -> Json:
    return {"kind": "approval", "title": "Run this?", "action": {"name": "run", "full": full}}


def refusal(full: Any) -> tuple[Any, str]:
    with pytest.raises(ValidationError) as refused:
        Request.model_validate(asked(full))
    [error] = refused.value.errors()
    return error["loc"], error["msg"]


def read(written: str) -> str:
    """The text that exact text was written from."""
    units = ESCAPE.sub(lambda match: chr(int(match[1], 16)), written)
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


@pytest.mark.parametrize("text", ["x" * MAX_BYTES, "é" * (MAX_BYTES // 2), "😀" * (MAX_BYTES // 4), "\tx\n", "\u202ex"])
def test_texts_of_up_to_100_kb_are_stored_as_their_size_digest_and_first_lines(text: str) -> None:
    request = Request.model_validate(asked(text))

    stored = KIND.stored(request)["action"]["full"]
    assert KIND.full_text(request) == text
    assert stored["size"] == len(text.encode()) and stored["sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert text.startswith(stored["preview"]) and "text" not in stored
    again = Request.model_validate(KIND.stored(request), context=STORED)
    assert KIND.stored(again) == KIND.stored(request) and KIND.digest(again) == KIND.digest(request)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x" * (MAX_BYTES + 1), "must be at most 102400 bytes of UTF-8"),
        ("é" * (MAX_BYTES // 2) + "x", "must be at most 102400 bytes of UTF-8"),
        ("x" * 1_000_000, "must be at most 102400 bytes of UTF-8"),
        ("", "must contain a visible character"),
        (" \u200b\n", "must contain a visible character"),
        ("a\x1b[31m", "must not contain control characters"),
        ("a\x00", "must not contain control characters"),
        ("a\ud800", "must not contain control characters"),
        ("a\r\nb", "must end its lines with \\n alone, because its bytes are digested"),
        (7, "must be a string"),
        ({"size": 1, "sha256": "0" * 64, "preview": "x"}, "must be a string"),
        (["x"], "must be a string"),
    ],
)
def test_what_cannot_be_shown_exactly_is_refused(text: Any, words: str) -> None:
    assert refusal(text) == (("action", "full"), words)


def test_the_text_does_not_count_as_arguments() -> None:
    arguments = {"a": "x" * 4_000}
    body = asked("y" * MAX_BYTES)

    Request.model_validate(body | {"action": body["action"] | {"arguments": arguments}})
    with pytest.raises(ValidationError, match="4096 bytes as indented JSON"):
        Request.model_validate(body | {"action": body["action"] | {"arguments": {"a": "x" * 5_000}}})


def test_the_digest_differs_when_any_byte_does() -> None:
    text = "line\n" * 20_000
    chance = random.Random(7)

    def digest(full: str) -> str:
        return KIND.digest(Request.model_validate(asked(full)))

    changed = [text[:at] + "X" + text[at + 1 :] for at in (0, len(text) - 1, *chance.choices(range(len(text)), k=20))]
    others = [*changed, text + "\n", text[:-1], text[:-1] + "\u200b", "e\u0301", "\u00e9"]
    assert len({digest(text), *map(digest, others)}) == len({text, *others})
    without = {name: value for name, value in asked(text).items() if name != "action"} | {"action": {"name": "run"}}
    assert KIND.digest(Request.model_validate(without)) != digest(text)


@pytest.mark.parametrize("text", WIDE.values(), ids=WIDE)
def test_the_pages_are_the_text_whatever_it_is_and_each_fits_into_a_view(text: str) -> None:
    pages = full_text.pages(text)

    assert "".join(pages) == text and all(pages)
    assert all(limits.utf16(exact_text.text(page)) <= PAGE for page in pages)
    assert "".join(read(exact_text.text(page)) for page in pages) == text
    assert len(pages) <= 2 * (6 * MAX_BYTES // PAGE) < 1_000


def test_a_page_ends_with_a_line_where_it_can() -> None:
    lines = [f"{number} " + "x" * (number % 900) for number in range(200)]

    pages = full_text.pages("\n".join(lines))

    assert all(page.endswith("\n") for page in pages[:-1]) and len(pages) == 2


def test_hostile_texts_of_every_kind_read_back_as_they_were_sent() -> None:
    chance = random.Random(14)
    for _ in range(150):
        text = hostile.text(chance, MAX_BYTES)[: chance.choice([50, 5_000, MAX_BYTES])]
        try:
            Request.model_validate(asked(text))
        except ValidationError:
            continue
        written = [exact_text.text(page) for page in full_text.pages(text)]

        assert "".join(map(read, written)) == text, ascii(text[:300])
        assert not re.search("[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]", "".join(written))


@pytest.mark.parametrize(
    ("one", "other"),
    [("\\u200b", "\u200b"), ("\\u005cu200b", "\\u200b"), ("a\\\u200b", "a\\\\u200b"), ("\\U200B", "\\u200b")],
)
def test_an_escape_never_looks_like_one_that_was_sent(one: str, other: str) -> None:
    assert exact_text.text(one) != exact_text.text(other)


def test_code_is_shown_as_it_was_written() -> None:
    code = "if re.match(r'\\d+\\s\\\\', x):\n\tprint(\"`a`  b\")  # <!channel> *é* 漢\n"

    assert exact_text.text(code) == code


@pytest.mark.parametrize(
    ("text", "preview"),
    [
        ("a\nb\n", "a\nb\n"),
        ("\n".join("abcdef"), "\n".join("abcdef")),
        ("1\n2\n3\n4\n5\n6\n", "1\n2\n3\n4\n5\n6\n"),
        ("1\n2\n3\n4\n5\n6\n7", "1\n2\n3\n4\n5\n6\n"),
        ("x" * 501, "x" * 500),
        ("\n" * 9 + "x", "\n" * 6),
    ],
)
def test_the_preview_is_the_first_lines_and_whole_only_if_it_is_all(text: str, preview: str) -> None:
    summary = Request.model_validate(asked(text)).action

    assert summary is not None and summary.full is not None
    assert summary.full.preview == preview
    assert (summary.full.size == len(preview.encode())) == (text == preview)


def test_a_release_that_does_not_know_a_field_of_the_action_reads_the_rest() -> None:
    """As the release before reads what this one has stored."""
    later = asked("x") | {"action": {"name": "run", "later": {"size": 1}}}

    read = Request.model_validate(later, extra="ignore", context=STORED)

    assert read.action is not None and read.action.name == "run"
