"""Secrets are hidden in free text and refused elsewhere, whatever they and the text around them are."""

import json
import time
from decimal import Decimal
from typing import Annotated, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import Field

from bridge.agents.things import common_fields
from bridge.fields import FREE, Strict
from bridge.things import secrets
from bridge.things.apis import APIS
from bridge.things.secrets import HIDDEN, Misplaced, Secrets

_CHARACTERS = st.sampled_from('ab•\n\r"\\/%é😀 ')  # few, so that occurrences overlap
TEXTS = st.text(_CHARACTERS, max_size=60)
SECRETS = st.lists(st.text(_CHARACTERS, min_size=8, max_size=12), min_size=1, max_size=5)


class Inner(Strict):
    words: Annotated[str, FREE] | None = None
    name: str | None = None


class Outer(Strict):
    title: Annotated[str, Field(max_length=100), FREE] | None = None
    kind: str | None = None
    number: int | None = None
    lines: Annotated[list[Annotated[str, FREE]], Field(max_length=3)] | None = None
    inner: Inner | None = None
    each: list[Inner] | Inner | None = None
    data: Annotated[dict[str, Any], FREE] | None = None
    policy: dict[str, Any] | None = None


def hide(body: Any, *texts: str) -> Any:
    return secrets.secrets(texts).hide(Outer, body)


def test_whole_occurrences_are_hidden_the_longest_first() -> None:
    hidden = secrets.secrets(["password", "password-long", "sesame-open"]).hidden

    assert hidden("my password-long, my password!") == f"my {HIDDEN}, my {HIDDEN}!"
    assert hidden("passwor sesame-ope Password") == "passwor sesame-ope Password"
    assert hidden("passwordpassword") == HIDDEN * 2
    assert hidden("password-long-sesame-open") == f"{HIDDEN}-{HIDDEN}"


def test_nothing_is_left_of_occurrences_that_overlap() -> None:
    assert secrets.secrets(["abcdefgh12", "gh12345678"]).hidden("<abcdefgh12345678>") == f"<{HIDDEN}>"
    assert secrets.secrets(["aaaaaaaa"]).hidden("a" * 13) == HIDDEN


@given(SECRETS, TEXTS, TEXTS, st.randoms(use_true_random=False))
@example(["••••aaaa", "bbbbbbbbb"], "bbbbbbbbbaaaa", "", None)
@example(["a\nb\nc\nd\ne"], "a\r\nb\r\nc\r\nd\r\ne", "", None)
def test_no_secret_is_found_in_what_is_left(texts: list[str], before: str, after: str, chance: Any) -> None:
    planted = before + (chance.choice(texts) if chance else "") + after
    each = secrets.secrets(texts)

    left = each.hidden(planted)

    assert not any(text in left for text in texts)
    assert each.number_in(left, decodes=False) is None
    assert each.hidden(left) == left
    if not any(way in planted for _, way in each.written):
        assert left == planted


@given(SECRETS, TEXTS)
def test_a_secret_in_json_inside_a_text_is_hidden_too(texts: list[str], around: str) -> None:
    for ascii_only in (True, False):
        inside = json.dumps({"value": around + texts[0]}, ensure_ascii=ascii_only)

        left = secrets.secrets(texts).hidden(inside)

        assert json.dumps(texts[0], ensure_ascii=ascii_only)[1:-1] not in left and texts[0] not in left


@given(st.text(min_size=8, max_size=12), st.text(max_size=30), st.text(max_size=30))
def test_any_unicode_is_hidden(secret: str, before: str, after: str) -> None:
    left = secrets.secrets([secret]).hidden(before + secret + after)

    assert secret not in left and HIDDEN in left


def test_free_text_of_every_sort_is_hidden() -> None:
    body = {
        "title": "a my-secret b",
        "lines": ["my-secret", "x"],
        "inner": {"words": "my-secret", "name": "n"},
        "each": [{"words": "my-secret"}],
        "data": {"a": {"b": ["my-secret", 1, None, True, {"c": "xmy-secretx"}]}},
        "number": 7,
    }

    assert hide(body, "my-secret") == {
        "title": f"a {HIDDEN} b",
        "lines": [HIDDEN, "x"],
        "inner": {"words": HIDDEN, "name": "n"},
        "each": [{"words": HIDDEN}],
        "data": {"a": {"b": [HIDDEN, 1, None, True, {"c": f"x{HIDDEN}x"}]}},
        "number": 7,
    }
    assert hide({"each": {"words": "my-secret"}}, "my-secret") == {"each": {"words": HIDDEN}}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"kind": "is my-secret"}, "/kind"),
        ({"inner": {"name": "my-secret"}}, "/inner/name"),
        ({"each": [{}, {"name": "my-secret"}]}, "/each/1/name"),
        ({"policy": {"a": ["my-secret"]}}, "/policy/a/0"),
        ({"data": {"my-secret": 1}}, "/data"),
        ({"data": {"a": {"x my-secret": 1}}}, "/data/a"),
        ({"my-secret": 1}, ""),
        ({"unknown": "my-secret"}, "/unknown"),
        ({"title": {"words": "my-secret"}}, None),
        ({"kind": "https://x/?p=my%2Dsecret"}, "/kind"),
    ],
)
def test_a_secret_elsewhere_is_refused_with_its_place(body: Any, pointer: str | None) -> None:
    if pointer is None:  # it is no text, so its model refuses it; until then it is as free as its field
        assert "my-secret" not in json.dumps(hide(body, "another-secret", "my-secret"))
        return
    with pytest.raises(Misplaced) as misplaced:
        hide(body, "another-secret", "my-secret")

    assert misplaced.value.pointer == pointer
    assert "/secrets/1" in misplaced.value.message and "my-secret" not in misplaced.value.message


@pytest.mark.parametrize("number", [12345678, Decimal("912345678.5"), Decimal("1E+30")])
def test_digits_of_a_number_are_refused(number: Any) -> None:
    with pytest.raises(Misplaced) as misplaced:
        hide({"data": {"pin": number}}, "12345678", "0" * 20)

    assert misplaced.value.pointer == "/data/pin"


def test_a_pointer_does_not_contain_the_secret() -> None:
    with pytest.raises(Misplaced) as misplaced:
        hide({"policy": {"part": {"part": "x", "other": "data/a/b/part/part"}}}, "part/part", "data/a/b")

    assert "part/part" not in misplaced.value.pointer


def test_what_validating_brings_into_form_is_checked_again() -> None:
    class Cased(Strict):
        name: str

    with pytest.raises(Misplaced):
        secrets.secrets(["secret.example.com"]).check(Cased(name="https://secret.example.com/"))


def test_secrets_are_not_shown() -> None:
    assert "my-secret" not in repr(secrets.secrets(["my-secret"]))
    assert "my-secret" not in repr(secrets.WithSecrets(secrets=["my-secret"]))


def test_hiding_costs_little() -> None:
    texts = ["a" * length for length in range(8, 28)]
    each = secrets.secrets(texts)
    began = time.process_time()

    assert each.hidden("a" * 500_000) == HIDDEN
    assert each.hidden("ab" * 250_000) == "ab" * 250_000

    assert time.process_time() - began < 3


def marked(model: Any, path: str = "") -> set[str]:
    """The paths of the free text of a model."""
    found = set()
    for name, shape in secrets._fields(model).items():
        stack = [(f"{path}/{name}", shape)]
        while stack:
            at, each = stack.pop()
            found |= {at} if each.is_free else set()
            stack += [(f"{at}/*", each.items)] if each.items else []
            for inner in each.models:
                found |= marked(inner, at)
    return found


def test_the_free_text_of_recoveries_is_what_the_documents_say() -> None:
    by_operation = {
        operation.name: marked(common_fields.model("recovery", operation)) for operation in APIS["recovery"].operations
    }

    assert by_operation == {
        "reportRecovery": {"/cause", "/next_action", "/evidence", "/metadata"},
        "resolveSource": {"/note"},
        "searchRecoveries": set(),
        "resolveRecovery": {"/note"},
    }


def test_every_request_takes_secrets() -> None:
    for api in APIS.values():
        for operation in api.operations:
            assert "secrets" in common_fields.model(api.noun.name, operation).model_fields
    assert "secrets" in common_fields.Showing.model_fields


def test_secrets_of_the_greatest_number_and_length_are_taken() -> None:
    texts = [f"{number:02}" + "x" * (secrets.MAX_LENGTH - 2) for number in range(secrets.MAX_SECRETS)]

    given_ = secrets.WithSecrets.model_validate({"secrets": texts}).secrets
    assert given_ == texts and isinstance(secrets.secrets(texts), Secrets)
