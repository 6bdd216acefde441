"""`askbridge doctor --url` against replicas, each alone and behind a load balancer."""

import re

import pytest

from bridge.commands import clicks_check
from bridge.commands.checks import Check, State
from sandbox.slack.server import Sandbox
from tests import round_robin
from tests.bridge import replica as replicas
from tests.bridge.replica import Replica

OTHER = "0" * 32


async def checked(replica: Replica, *urls: str) -> Check:
    """The finding with the sandbox's secret, for a load balancer before these addresses."""
    async with round_robin.before(urls) as url:
        return await clicks_check.examine(url, replica.secrets, replica.http)


async def test_replicas_with_this_secret_pass_and_the_line_says_what_is_not_known(
    replica: Replica, second: Replica
) -> None:
    check = await checked(replica, replica.url, second.url)

    assert check.state is State.OK
    assert check.detail.endswith("; only a click shows whether Slack has the same secret: askbridge doctor --click C…")


@pytest.mark.parametrize("wrong", [(1,), (0,), (1, 2)], ids=str)
async def test_one_wrong_secret_behind_a_load_balancer_is_found_whichever_replica_has_it(
    replica: Replica, slack: Sandbox, dsn: str, wrong: tuple[int, ...]
) -> None:
    async with replicas.running(slack, dsn, secrets=OTHER, tenant=replica.tenant) as other:
        urls = [other.url if number in wrong else replica.url for number in range(1 + max(1, *wrong))]
        check = await checked(replica, *urls)

    assert check.state is State.FAILED and check.fix is not None
    number, rest = check.detail.split(" ", 1)
    assert rest == "of 8 signed requests got 401: not all replicas have the same secret"
    assert int(number) in ({4} if len(urls) == 2 else {5, 6})
    assert check.fix.startswith(
        "run this against each replica's own address, and set ASKBRIDGE_SLACK_SIGNING_SECRET on every"
    )


async def test_a_wrong_secret_in_every_replica_is_found(replica: Replica, slack: Sandbox, dsn: str) -> None:
    async with replicas.running(slack, dsn, secrets=OTHER, tenant=replica.tenant) as other:
        check = await checked(replica, other.url)

    assert check.state is State.FAILED
    assert "answered a request signed with ASKBRIDGE_SLACK_SIGNING_SECRET with HTTP 401" in check.detail


async def test_a_replica_that_does_not_answer_behind_a_load_balancer_is_found(replica: Replica) -> None:
    """The unsigned request takes the first turn, so that the second address has half of the signed ones."""
    check = await checked(replica, replica.url, "http://127.0.0.1:1/")

    assert check.state is State.FAILED
    assert re.fullmatch(r"4 of 8 signed requests got no response \(.+\): not every replica responds", check.detail)
