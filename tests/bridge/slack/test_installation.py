"""The one workspace of the settings: identified in the first pass in which Slack can be reached."""

import io
import json
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from bridge import ids
from bridge.slack.client import Client
from bridge.slack.connections import TOKEN_NOT_SET, Installations
from bridge.slack.inbound import PATH
from bridge.slack.installation import IDENTITY_SECONDS, Installation
from sandbox.slack.faults import Kind
from sandbox.slack.model import Enterprise
from storage import connections, organizations
from tests.bridge.replica import Replica
from tests.storage import build


def installation(
    replica: Replica,
    *,
    installations: Installations,
    token: str | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Installation:
    client = Client(token=token or replica.slack.world.app.bot_token, api_url=replica.slack.api_url, http=replica.http)
    return Installation(
        db=replica.db,
        client=client,
        installations=installations,
        app_id=None,
        organization="Acme",
        notifier=replica.notifier,
        clock=clock,
    )


async def test_the_token_s_connection_is_established_once_and_the_cards_that_wait_are_posted(
    replica: Replica, log: io.StringIO
) -> None:
    installations = Installations()
    step = installation(replica, installations=installations).step

    assert [await step() for _ in range(3)] == [1, 0, 0]

    assert installations.served == [replica.tenant.scope]
    assert replica.notifier.cards.is_set()
    assert len(replica.called("auth.test")) == 1
    assert log.getvalue().count("slack_connected") == 1


async def test_a_running_replica_takes_over_the_enterprise_that_its_workspace_moves_to(
    replica: Replica, log: io.StringIO
) -> None:
    now = 0.0
    one = installation(replica, installations=Installations(), clock=lambda: now)
    await one.step()
    here = replica.slack.world.installations
    here.add_enterprise(Enterprise(id="E0MOVED", name="Moved"))
    here.workspaces["T0SANDBOX"] = replace(here.workspaces["T0SANDBOX"], enterprise_id="E0MOVED")
    here.change(here.all[0], enterprise_id="E0MOVED")
    assert await one.step() == 0

    now = IDENTITY_SECONDS
    assert await one.step() == 0

    [connection] = await connections.of_organization(replica.db, replica.tenant.scope.organization_id)
    assert (connection.id, connection.enterprise_id) == (replica.tenant.scope.connection_id, "E0MOVED")
    assert len(replica.called("auth.test")) == 2
    assert log.getvalue().count("connection_enterprise_changed") == 1
    assert log.getvalue().count("slack_connected") == 1


async def test_a_slack_that_is_away_for_a_look_at_the_workspace_stops_no_cards_and_is_not_said_to(
    replica: Replica, log: io.StringIO
) -> None:
    now, installations = 0.0, Installations()
    one = installation(replica, installations=installations, clock=lambda: now)
    await one.step()
    replica.fault("auth.test", Kind.STATUS, status=503)

    now = IDENTITY_SECONDS
    await one.step()

    assert "slack_awaited" in log.getvalue() and "posts and changes no cards" not in log.getvalue()
    assert len(installations.working) == 1


async def test_the_cards_of_a_disabled_connection_are_settled_by_the_token_of_the_one_that_replaced_it(
    replica: Replica,
) -> None:
    """As after the migration that leaves a workspace one connection of several."""
    question = await build.question(replica.db, replica.tenant)
    await replica.show(question)
    scope = replica.tenant.scope
    await connections.disable(replica.db, organization_id=scope.organization_id, id=scope.connection_id, new_id=ids.new)
    await build.tenant(replica.db, team="T0SANDBOX")
    replica.installations = Installations()

    await installation(replica, installations=replica.installations).step()
    await replica.settle()

    assert (await replica.card(question)).shown == 2
    assert len(replica.installations.served) == 2


async def test_a_database_that_knows_nothing_yet_gets_an_organization(replica: Replica) -> None:
    for table in ("keys", "connections", "organizations"):
        await replica.db.fetch(f"delete from {table}")
    installations = Installations()

    assert await installation(replica, installations=installations).step() == 1

    found = await connections.of_installation(replica.db, app_id="A0ASKBRIDGE", enterprise_id=None, team_id="T0SANDBOX")
    assert found is not None and installations.served == [found.scope]


async def test_a_connection_that_was_disabled_stays_so_and_its_cards_are_still_settled(
    replica: Replica, log: io.StringIO
) -> None:
    """Else the next replica that starts would connect the workspace again, and to an organization of its own."""
    question = await build.question(replica.db, replica.tenant)
    await replica.show(question)
    scope = replica.tenant.scope
    await connections.disable(replica.db, organization_id=scope.organization_id, id=scope.connection_id, new_id=ids.new)
    replica.installations = Installations()

    assert await installation(replica, installations=replica.installations).step() == 1
    await replica.settle()

    assert len(await organizations.every(replica.db)) == 1
    assert await connections.of_organization(replica.db, scope.organization_id) == []
    assert (await replica.card(question)).shown == 2
    assert "slack_connection_disabled" in log.getvalue()


@pytest.mark.parametrize("kind", [Kind.STATUS, Kind.RATELIMITED, Kind.DROP_BEFORE, Kind.HTML])
async def test_while_slack_is_down_it_is_asked_again(replica: Replica, kind: Kind, log: io.StringIO) -> None:
    installations = Installations()
    one = installation(replica, installations=installations)
    replica.fault("auth.test", kind, times=2)

    assert [await one.step() for _ in range(3)] == [0, 0, 1]
    assert log.getvalue().count("slack_awaited") == 2
    assert "slack_token_refused" not in log.getvalue()  # an operator need not replace a valid token


async def test_a_wrong_token_is_said_with_what_to_do_and_never_shown(replica: Replica, log: io.StringIO) -> None:
    installations = Installations()
    one = installation(replica, installations=installations, token="xoxb-the-wrong-one")

    assert await one.step() == 0

    assert installations.served == []
    lines = [json.loads(text) for text in log.getvalue().splitlines()]
    (line,) = [line for line in lines if line["event"] == "slack_token_refused"]
    assert line["setting"] == "ASKBRIDGE_SLACK_BOT_TOKEN" and "invalid_auth" in line["detail"]
    assert line["fix"].startswith("Copy the Bot User OAuth Token") and "restart the replica. If Slack" in line["fix"]
    assert "opens no forms" in line["means"]
    assert "xoxb-the-wrong-one" not in log.getvalue()


async def test_a_replica_whose_token_slack_refuses_says_so_and_stays_ready(replica: Replica) -> None:
    step = replica.parts.installation
    assert step is not None

    async def findings() -> list[str]:
        async with replica.http.get(replica.url.replace(PATH, "/readyz")) as response:
            listed = json.loads(await response.text()).get("degraded", ())
            return [one["detail"] for one in listed if one["code"] == "replica_without_token"]

    assert await findings() == [], "Slack has not been asked yet"
    replica.fault("auth.test", Kind.ERROR, error="invalid_auth")
    await step.step()
    (detail,) = await findings()
    assert "opens no forms" in detail and "Slack said invalid_auth" in detail
    await step.step()
    assert await findings() == [], "Slack has accepted it"
    replica.installations.suspend(replica.tenant.scope.connection_id, TOKEN_NOT_SET)
    assert len(await findings()) == 1, "Slack refused it for a card"
