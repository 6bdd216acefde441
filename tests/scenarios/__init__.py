"""The whole program, run as people run it."""

import pytest

pytest.register_assert_rewrite(
    "tests.scenarios.checks", "tests.scenarios.verdicts"
)  # so that failures show what differs
