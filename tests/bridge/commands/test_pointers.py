"""Refusals name options of the command, and no JSON pointers."""

import pytest

from bridge.commands import pointers


@pytest.mark.parametrize(
    ("pointer", "words"),
    [
        ("/title", "TITLE"),
        ("/to", "--to"),
        ("/to/0", "--to (number 1)"),
        ("/facts/2/value", "--fact (number 3, value)"),
        ("/action/arguments/version", "--argument (version)"),
        ("/action/name", "--action (name)"),
        ("/agent/run", "--run"),
        ("/comment/deny", "--comment (deny)"),
        ("/multiple/min", "--multiple (min)"),
        ("/options/0/comment", "--comment (option, number 1)"),
        ("/options/1/style", "--danger (option, number 2)"),
        ("/options/1/label", "--option (number 2, label)"),
        ("/suggestions/1", "--suggest (number 2)"),
        ("/questions/1/options/0/label", "--questions (number 2, options, number 1, label)"),
        ("/schema/properties/amount", "--form (properties, amount)"),
        ("/edit/schema/properties/amount", "--edit (schema, properties, amount)"),
        ("/input/min_length", "--min-length"),
        ("/responders/anyone_in_channel", "--anyone"),
        ("/responders/users/0", "--responder (users, number 1)"),
        ("/of_tomorrow/x", "/of_tomorrow/x"),
        ("", ""),
    ],
)
def test_a_pointer_becomes_the_option_that_it_is_about(pointer: str, words: str) -> None:
    assert pointers.option(pointer) == words


def test_every_mistake_is_one_line() -> None:
    problem = {
        "detail": "/title must not be blank.",
        "errors": [
            {"pointer": "/title", "message": "must not be blank"},
            {"pointer": "/tags/0", "message": "must\nnot be blank"},
        ],
    }

    assert pointers.refused(422, problem) == "TITLE must not be blank.\n--tag (number 1) must not be blank."


def test_a_refusal_without_words_is_told_all_the_same() -> None:
    assert pointers.refused(418, {}) == "The bridge refused this (HTTP 418)."
    assert pointers.refused(422, {"errors": [7], "detail": "No."}) == "No."
