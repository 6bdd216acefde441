"""The limit of file descriptors: raised as far as allowed, with enough reserved for the bridge itself."""

import json
import subprocess
import sys

import pytest

from bridge.server import fd_limit

_RAISE = """
import json, resource, sys
from bridge.server import fd_limit
soft, hard, fd_limit.MAX_DESCRIPTORS = (int(number) for number in sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
print(json.dumps([fd_limit.raised(), *resource.getrlimit(resource.RLIMIT_NOFILE)]))
"""


@pytest.mark.parametrize(
    ("soft", "hard", "maximum", "raised"),
    [
        (64, 300, 65_536, [300, 300, 300]),
        (300, 300, 65_536, [300, 300, 300]),
        (64, 300, 200, [200, 200, 300]),
        (300, 300, 200, [200, 300, 300]),
    ],
)
def test_a_process_may_open_as_many_as_it_is_allowed_and_asks_for_no_more_than_can_be_used(
    soft: int, hard: int, maximum: int, raised: list[int]
) -> None:
    command = [sys.executable, "-c", _RAISE, *(str(number) for number in (soft, hard, maximum))]
    ended = subprocess.run(command, check=True, capture_output=True, text=True)

    assert json.loads(ended.stdout) == raised


@pytest.mark.parametrize("database", [3, 14, 600])
@pytest.mark.parametrize("number", [64, 256, 1024, 4096, 65_536])
def test_some_are_kept_for_ourselves_and_some_connections_for_who_does_not_stay(number: int, database: int) -> None:
    allotted = fd_limit.allot(number, database=database)

    assert number - allotted.connections >= min(400 + database, number // 2)
    assert allotted.connections >= number // 2 - 1
    assert 0 < allotted.open_requests <= allotted.connections * 3 / 4
