"""The limit of concurrent test deliveries on a replica."""

from contextlib import ExitStack
from uuid import UUID

import pytest

from bridge.agents.http.problems import ApiProblem
from bridge.agents.limits.endpoint_tests import MAX_TESTS, EndpointTestLimiter


def test_a_replica_makes_so_many_at_once_and_one_that_ended_makes_room() -> None:
    limiter = EndpointTestLimiter()
    with ExitStack() as under_way:
        for number in range(MAX_TESTS):
            under_way.enter_context(limiter.admit(UUID(int=number), UUID(int=100 + number)))
        with (
            pytest.raises(ApiProblem, match="8 endpoints are being tested"),
            limiter.admit(UUID(int=50), UUID(int=500)),
        ):
            pass
    with limiter.admit(UUID(int=50), UUID(int=500)):
        pass


def test_a_test_that_raised_holds_no_place() -> None:
    limiter, test = EndpointTestLimiter(), (UUID(int=1), UUID(int=2))
    with pytest.raises(ZeroDivisionError), limiter.admit(*test):
        _ = 1 / 0

    with (
        limiter.admit(*test),
        pytest.raises(ApiProblem, match="This endpoint is already being tested"),
        limiter.admit(*test),
    ):
        pass
