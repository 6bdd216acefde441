from sandbox.slack.ratelimit import RateLimit
from tests.sandbox.slack.conftest import Clock


def test_a_burst_is_allowed_then_one_each_second(clock: Clock) -> None:
    limit = RateLimit(now=clock, burst=4)

    assert [limit.take("C0") for _ in range(5)] == [0, 0, 0, 0, 1]
    clock.pass_(1)
    assert [limit.take("C0") for _ in range(2)] == [0, 1]


def test_a_refusal_costs_nothing(clock: Clock) -> None:
    limit = RateLimit(now=clock, burst=1)

    assert [limit.take("C0") for _ in range(100)].count(0) == 1
    clock.pass_(1)
    assert limit.take("C0") == 0


def test_quiet_times_are_not_saved_up(clock: Clock) -> None:
    limit = RateLimit(now=clock, burst=2)
    limit.take("C0")
    clock.pass_(3600)

    assert [limit.take("C0") for _ in range(3)] == [0, 0, 1]


def test_a_clock_set_back_is_survived(clock: Clock) -> None:
    limit = RateLimit(now=clock, burst=1)
    limit.take("C0")
    clock.pass_(-60)

    assert limit.take("C0") == 1
    clock.pass_(61)
    assert limit.take("C0") == 0


def test_a_tier_gains_its_calls_in_a_minute(clock: Clock) -> None:
    limit = RateLimit(now=clock, burst=20, per_second=20 / 60)

    assert [limit.take("U0") for _ in range(21)] == [0] * 20 + [3]
    clock.pass_(2.9)
    assert limit.take("U0") == 1
    clock.pass_(0.1)
    assert limit.take("U0") == 0
