"""Clicks of people of another workspace: a colleague of the same enterprise is no outsider, a stranger is one."""

import io
from dataclasses import replace
from typing import Any

import pytest

from bridge import ids
from bridge.slack import connections
from bridge.slack.client import Client, Identity
from sandbox.slack.faults import Kind
from storage import keys
from storage.model import Handle, Interaction, Status
from tests.bridge.replica import Replica
from tests.sandbox.slack import elsewhere
from tests.sandbox.slack.conftest import Control
from tests.storage import build
from tests.storage.build import Tenant


@pytest.fixture
async def north(replica: Replica) -> Tenant:
    """The app in one workspace of an enterprise: beside its own Nia, its channel has Sol of the sister workspace."""
    control = Control(replica.slack.url, replica.http)
    for workspace in (elsewhere.NORTH, elsewhere.SOUTH):
        await control.post("workspaces", **workspace)
    installed = await elsewhere.install(control, replica.http, team_id="T0NORTH", channels=["C0NORTH"])
    client = Client(token=installed.installation["bot_token"], api_url=replica.slack.api_url, http=replica.http)
    identity = await client.identity()
    assert isinstance(identity, Identity)
    connection = await connections.establish(replica.db, identity, app_id="A0ASKBRIDGE", organization="North")
    replica.installations.put(connection.scope, client)
    world = replica.slack.world
    world.join(world.channels["C0NORTH"], "U0SOL")
    world.join(world.channels["C0NORTH"], "U0SAM")
    key, secret = await keys.create(replica.db, organization_id=connection.organization_id, id=ids.new(), name="bot")
    assert (connection.enterprise_id, connection.home_teams) == ("E0ORG", ["T0NORTH"])
    return Tenant(connection=connection, key_id=key.id, secret=secret)


async def ask(replica: Replica, north: Tenant, **other: Any) -> tuple[Interaction, Handle]:
    where = {"responders": None, "addresses": [{"channel": "C0NORTH"}]}
    question = await build.question(replica.db, north, **{**where, **other})
    await replica.settle()
    card = await replica.card(question)
    assert card.handle is not None, card
    return question, card.handle


async def status(replica: Replica, north: Tenant, question: Interaction) -> Status:
    return (await build.read(replica.db, north, question.id)).status


def looked_up(replica: Replica) -> list[str]:
    return [call["user"] for call in replica.called("users.info")]


async def test_a_colleague_of_a_sister_workspace_answers(replica: Replica, north: Tenant) -> None:
    question, handle = await ask(replica, north)

    await replica.click(question, handle, user="U0SOL")

    assert await replica.verdicts() == ["won"]
    row = await build.read(replica.db, north, question.id)
    assert row.answer is not None and row.answer["by"]["team"] == "T0SOUTH"


async def test_members_are_never_looked_up_by_a_click(replica: Replica, north: Tenant) -> None:
    question, handle = await ask(replica, north)
    here = await build.question(replica.db, replica.tenant, responders=None)
    await replica.settle()
    card = await replica.card(here)
    assert card.handle is not None

    await replica.click(question, handle, user="U0NIA")
    await replica.click(here, card.handle, user="U0SAM")

    assert await replica.verdicts() == ["won", "outsider"]
    assert looked_up(replica) == [], "a workspace without an enterprise has no colleagues elsewhere"


async def test_a_stranger_is_an_outsider_in_an_enterprise_too(replica: Replica, north: Tenant) -> None:
    question, handle = await ask(replica, north)

    await replica.click(question, handle, user="U0SAM")

    assert await replica.verdicts() == ["outsider"]
    [(to, text, _)] = replica.whispers("C0NORTH")
    assert to == "U0SAM" and "People from other organizations cannot answer" in text


async def test_the_answer_is_remembered_for_all_of_a_team(replica: Replica, north: Tenant) -> None:
    question, handle = await ask(replica, north, responders=["U0NIA"])
    replica.slack.world.add_person(replace(replica.slack.world.people["U0SOL"], id="U0SUE", name="sue"))
    replica.slack.world.join(replica.slack.world.channels["C0NORTH"], "U0SUE")

    for user in ("U0SOL", "U0SOL", "U0SUE"):
        await replica.click(question, handle, user=user)

    assert await replica.verdicts() == ["not_yours"] * 3
    assert looked_up(replica) == ["U0NIA", "U0SOL"], "the first before the card named Nia"


@pytest.mark.parametrize(
    "fault", [{"kind": Kind.ERROR, "error": "fatal_error"}, {"kind": Kind.ERROR, "error": "missing_scope"}]
)
async def test_without_an_answer_of_slack_nothing_is_stored_and_the_clicker_is_asked_to_click_again(
    replica: Replica, north: Tenant, fault: dict[str, Any], log: io.StringIO
) -> None:
    question, handle = await ask(replica, north)
    replica.fault("users.info", **fault)

    told = await replica.click(question, handle, user="U0SOL")

    assert told["status"] == 503
    assert await replica.verdicts() == []
    [(to, text, _)] = replica.whispers("C0NORTH")
    assert to == "U0SOL" and "Please click again" in text
    assert "click_unavailable" in log.getvalue()
    assert replica.installations.suspended(north.connection.id) is None, "cards are still posted"


async def test_where_outsiders_may_answer_no_answer_of_slack_is_needed(replica: Replica, north: Tenant) -> None:
    question, handle = await ask(replica, north, home_teams=None)
    replica.fault("users.info", Kind.ERROR, error="fatal_error")

    await replica.click(question, handle, user="U0SAM")

    assert await replica.verdicts() == ["won"]
    assert looked_up(replica) == []


async def test_a_slow_slack_delays_a_click_for_a_bounded_time_and_its_answer_is_there_for_the_next(
    replica: Replica, north: Tenant
) -> None:
    question, handle = await ask(replica, north)
    replica.fault("users.info", Kind.SLOW, seconds=1.5)

    told = await replica.click(question, handle, user="U0SOL")
    assert told["status"] == 503 and await replica.verdicts() == []

    while told["status"] == 503:
        told = await replica.click(question, handle, user="U0SOL")

    assert await replica.verdicts() == ["won"]
    assert looked_up(replica) == ["U0SOL"]


async def test_a_person_whose_team_the_payload_does_not_name_is_looked_up(replica: Replica, north: Tenant) -> None:
    question, handle = await ask(replica, north)
    payload = replica.payload(question, user="U0NIA")
    payload["user"].pop("team_id")
    payload["team"] = {"id": "T0NORTH", "domain": "north", "enterprise_id": "E0ORG", "enterprise_name": "The Org"}
    payload["enterprise"] = {"id": "E0ORG", "name": "The Org"}
    payload["container"] |= {"channel_id": handle.channel, "message_ts": handle.ts}

    answer = await replica.send_click(payload)

    assert answer.status == 200
    assert await replica.verdicts() == ["won"]
    assert await status(replica, north, question) is Status.ANSWERED
