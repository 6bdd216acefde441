"""The checks of `askbridge doctor`: each limit from both sides, and a command for each failure."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
import yaml

from bridge.commands import checks
from bridge.commands.checks import State
from bridge.slack import client
from bridge.slack.client import Client
from bridge.slack.errors import Broken, RetryAfter
from sandbox.slack import app_rows
from sandbox.slack.faults import Kind
from sandbox.slack.server import Sandbox
from storage.server import Server
from tests.bridge.replica import Replica

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SERVER = Server(version=150004, fsync=True, synchronous_commit=True, full_page_writes=True, now=NOW)


@pytest.mark.parametrize(("version", "state"), [(140012, State.FAILED), (150000, State.OK), (180001, State.OK)])
def test_postgresql_15_is_new_enough(version: int, state: State) -> None:
    assert checks.database(replace(SERVER, version=version)).state is state


def test_a_server_that_forgets_on_a_crash_is_told_how_not_to() -> None:
    assert checks.durability(SERVER).state is State.OK

    both = checks.durability(replace(SERVER, fsync=False, synchronous_commit=False))
    one = checks.durability(replace(SERVER, synchronous_commit=False))

    torn = checks.durability(replace(SERVER, full_page_writes=False))

    assert both.state is one.state is torn.state is State.FAILED
    assert torn.fix is not None and "-c 'alter system set full_page_writes = on'" in torn.fix
    assert both.fix is not None and "set fsync = on" in both.fix and "set synchronous_commit = on" in both.fix
    assert one.fix is not None and "fsync" not in one.fix


@pytest.mark.parametrize(
    ("apart", "state"), [(0, State.OK), (60, State.OK), (-60, State.OK), (60.5, State.FAILED), (-61, State.FAILED)]
)
def test_a_minute_of_difference_is_the_most(apart: float, state: State) -> None:
    found = checks.clock(database=apart)
    by_slack = checks.clock(database=None, slack=apart)
    by_both = checks.clock(database=0, slack=apart)

    assert found.state is by_slack.state is by_both.state is state
    for one in (found, by_slack, by_both):
        assert state is State.OK or ("ahead" in one.detail) == (apart > 0)
    assert checks.clock(database=None).state is State.SKIPPED


def test_a_token_that_may_not_do_all_is_told_what_it_lacks() -> None:
    manifest = yaml.safe_load((Path(__file__).parents[3] / "manifest.yml").read_text("utf-8"))
    asked = manifest["oauth_config"]["scopes"]["bot"]
    assert list(checks.REQUIRED_SCOPES) == asked
    assert checks.scopes(frozenset(asked)).state is State.OK

    lacking = checks.scopes(frozenset({"chat:write", "channels:read"}))

    assert (lacking.state, lacking.detail) == (State.FAILED, "the bot token lacks im:write, users:read")


async def test_slack_tells_what_a_token_may_do(replica: Replica) -> None:
    wrong = Client(token="xoxb-wrong", api_url=replica.slack.api_url, http=replica.http)

    assert await replica.client.scopes() == frozenset(app_rows.SCOPES)
    assert isinstance(await wrong.scopes(), Broken)


@pytest.mark.parametrize("kind", [Kind.STATUS, Kind.HTML, Kind.DROP_BEFORE])
async def test_a_web_api_that_does_not_answer_as_slack_does_is_not_reached(replica: Replica, kind: Kind) -> None:
    assert await client.reach(replica.slack.api_url, http=replica.http) is None
    replica.fault("api.test", kind, times=1)

    assert isinstance(await client.reach(replica.slack.api_url, http=replica.http), RetryAfter)


async def test_a_slack_that_asks_for_a_pause_is_reached(replica: Replica) -> None:
    replica.fault("api.test", Kind.RATELIMITED, times=1)

    assert await client.reach(replica.slack.api_url, http=replica.http) is None


async def test_an_address_where_nothing_listens_is_not_reached(slack: Sandbox) -> None:
    async with aiohttp.ClientSession() as http:
        assert isinstance(await client.reach("http://127.0.0.1:1/api/", http=http), RetryAfter)
