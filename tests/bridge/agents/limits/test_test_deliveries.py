"""How many tests of endpoints a replica makes at once."""

from contextlib import ExitStack
from uuid import UUID

import pytest

from bridge.agents.http.problems import ApiProblem
from bridge.agents.limits.test_deliveries import MOST, EndpointTestLimiter


def test_a_replica_makes_so_many_at_once_and_one_that_ended_makes_room() -> None:
    trials = EndpointTestLimiter()
    with ExitStack() as under_way:
        for number in range(MOST):
            under_way.enter_context(trials.one(UUID(int=number), UUID(int=100 + number)))
        with pytest.raises(ApiProblem, match="8 endpoints are being tested"), trials.one(UUID(int=50), UUID(int=500)):
            pass
    with trials.one(UUID(int=50), UUID(int=500)):
        pass


def test_a_test_that_raised_holds_no_place() -> None:
    trials, place = EndpointTestLimiter(), (UUID(int=1), UUID(int=2))
    with pytest.raises(ZeroDivisionError), trials.one(*place):
        _ = 1 / 0

    with trials.one(*place), pytest.raises(ApiProblem, match="This endpoint is being tested"), trials.one(*place):
        pass
