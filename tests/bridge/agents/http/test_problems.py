"""Problems: types that agents may rely on for ever."""

import json

from bridge.agents.http import problems
from bridge.agents.http.problems import ApiProblem, Type

STABLE = {
    "unreadable_body": 400,
    "invalid_parameter": 400,
    "unauthorized": 401,
    "not_found": 404,
    "method_not_allowed": 405,
    "body_too_large": 413,
    "unsupported_media_type": 415,
    "invalid_body": 422,
    "idempotency_mismatch": 422,
    "rate_limited": 429,
    "too_many_open": 429,
    "too_many_pending": 429,
    "internal_error": 500,
    "unavailable": 503,
}


def test_no_name_is_ever_taken_back_or_given_twice() -> None:
    assert {type.slug: type.status for type in problems.TYPES}.items() >= STABLE.items()
    assert len({type.slug for type in problems.TYPES}) == len(problems.TYPES)


def test_every_type_is_listed() -> None:
    assert {value for value in vars(problems).values() if isinstance(value, Type)} == set(problems.TYPES)


def test_a_problem_is_sent_as_rfc_9457_wants_it() -> None:
    for type in problems.TYPES:
        sent = problems.response(ApiProblem(type, "Do this.", errors=[("/a~1b", "is required")]))
        assert isinstance(sent.body, bytes)

        assert json.loads(sent.body) == {
            "type": f"urn:askbridge:problem:{type.slug}",
            "title": type.title,
            "status": type.status,
            "detail": "Do this.",
            "errors": [{"pointer": "/a~1b", "message": "is required"}],
        }
        assert (sent.status, sent.content_type) == (type.status, "application/problem+json")


def test_what_may_pass_says_when_to_come_back() -> None:
    sent = problems.response(ApiProblem(problems.RATE_LIMITED, "Wait.", retry_after=3))

    assert sent.headers["Retry-After"] == "3"
    assert "Retry-After" not in problems.response(ApiProblem(problems.INTERNAL, "Report it.")).headers


def test_only_a_missing_key_says_how_to_send_one() -> None:
    asks = {
        type.slug for type in problems.TYPES if "WWW-Authenticate" in problems.response(ApiProblem(type, "")).headers
    }

    assert asks == {"unauthorized"}


def test_nothing_is_said_of_errors_when_there_are_none() -> None:
    sent = problems.response(ApiProblem(problems.NOT_FOUND, "x"))
    assert isinstance(sent.body, bytes)

    assert "errors" not in json.loads(sent.body)
