"""One bridge, several installations of its app: an interaction is answered in its own installation only."""

from dataclasses import dataclass
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bridge import ids
from bridge.card import action_ids
from bridge.slack import connections
from bridge.slack.client import Client, Identity
from storage import keys
from storage.model import Connection, Handle, Interaction, Status
from tests.bridge.replica import Replica
from tests.sandbox.slack import elsewhere
from tests.sandbox.slack.conftest import Control
from tests.sandbox.slack.elsewhere import Installed
from tests.storage import build
from tests.storage.build import Tenant


@dataclass(frozen=True)
class Elsewhere:
    """An installation beside the replica's own, connected as a replica connects it: by asking Slack whose it is."""

    tenant: Tenant
    person: str
    channel: str

    @property
    def connection(self) -> Connection:
        return self.tenant.connection

    async def ask(self, replica: Replica, **other: Any) -> Interaction:
        where = {"responders": [self.person], "addresses": [{"channel": self.channel}]}
        return await build.question(replica.db, self.tenant, **{**where, **other})


async def connect(replica: Replica, installed: Installed, *, person: str, channel: str) -> Elsewhere:
    client = Client(token=installed.installation["bot_token"], api_url=replica.slack.api_url, http=replica.http)
    identity = await client.identity()
    assert isinstance(identity, Identity), identity
    connection = await connections.establish(replica.db, identity, app_id="A0ASKBRIDGE", organization=identity.name)
    replica.installations.put(connection.scope, client)
    key, secret = await keys.create(
        replica.db, organization_id=connection.organization_id, id=ids.new(), name="deploy-bot"
    )
    return Elsewhere(Tenant(connection=connection, key_id=key.id, secret=secret), person, channel)


@pytest.fixture
def control(replica: Replica) -> Control:
    return Control(replica.slack.url, replica.http)


@pytest.fixture
async def acme(replica: Replica, control: Control) -> Elsewhere:
    installed = await elsewhere.acme(control, replica.http)
    return await connect(replica, installed, person="U0EVE", channel="C0DEPLOYS")


@pytest.fixture
async def org(replica: Replica, control: Control) -> Elsewhere:
    installed = await elsewhere.org(control, replica.http)
    return await connect(replica, installed, person="U0NIA", channel="C0NORTH")


@pytest.fixture
async def north(replica: Replica, control: Control, org: Elsewhere) -> Elsewhere:
    """The same app once more, in one workspace of the organization that has it as a whole."""
    installed = await elsewhere.install(control, replica.http, team_id="T0NORTH", channels=["C0NORTH"])
    return await connect(replica, installed, person=org.person, channel=org.channel)


async def shown(replica: Replica, question: Interaction) -> Handle:
    await replica.settle()
    card = await replica.card(question)
    assert card.channel and card.ts, card
    return Handle(channel=card.channel, ts=card.ts)


async def status(replica: Replica, question: Interaction) -> Status:
    (row,) = await replica.db.fetch("select status from interactions where id = $1", question.id)
    return Status(row["status"])


def author(replica: Replica, handle: Handle) -> str:
    message = replica.slack.world.message(channel=handle.channel, ts=handle.ts)
    assert message is not None
    return message.user


async def test_two_workspaces_are_two_connections_each_with_its_own_bot(replica: Replica, acme: Elsewhere) -> None:
    here = await build.question(replica.db, replica.tenant)
    there = await acme.ask(replica)

    handles = [await shown(replica, question) for question in (here, there)]

    assert acme.connection.team_id == "T0ACME" and acme.connection.home_teams == ["T0ACME"]
    assert acme.connection.organization_id != replica.tenant.scope.organization_id
    assert [handle.channel for handle in handles] == ["C0APPROVALS", "C0DEPLOYS"]
    assert [author(replica, handle) for handle in handles] == ["U0ASKBRIDGE", "U0ACMEBOT"]


async def test_a_question_of_one_workspace_is_not_answered_by_its_id_in_another(
    replica: Replica, acme: Elsewhere
) -> None:
    """Both ways round, on a card that the clicker does see; then each where it belongs."""
    here = await build.question(replica.db, replica.tenant)
    there = await acme.ask(replica)
    card_here, card_there = await shown(replica, here), await shown(replica, there)

    forged = [
        await replica.click(here, card_there, user="U0EVE"),
        await replica.click(there, card_here, user="U0ANA"),
    ]

    assert [told["status"] for told in forged] == [200, 200]
    assert await replica.verdicts() == ["gone", "gone"]
    assert [await status(replica, question) for question in (here, there)] == [Status.PENDING, Status.PENDING]
    for channel, clicker in (("C0DEPLOYS", "U0EVE"), ("C0APPROVALS", "U0ANA")):
        [(to, text, _)] = replica.whispers(channel)
        assert to == clicker and "no longer active" in text

    await replica.click(here, card_here, user="U0ANA")
    await replica.click(there, card_there, user="U0EVE")

    assert (await replica.verdicts())[2:] == ["won", "won"]
    assert [await status(replica, question) for question in (here, there)] == [Status.ANSWERED, Status.ANSWERED]


async def test_a_late_click_elsewhere_is_told_by_that_workspaces_card(replica: Replica, acme: Elsewhere) -> None:
    question = await acme.ask(replica, responders=None)
    handle = await shown(replica, question)
    await replica.click(question, handle, user="U0EVE")

    await replica.click(question, handle, user="U0EVE", choice="deny")

    [(to, text, _)] = replica.whispers("C0DEPLOYS")
    assert to == "U0EVE" and "You already answered" in text
    await replica.settle()
    assert not replica.has_buttons(handle)


async def test_a_dead_token_stops_its_own_workspace_only(replica: Replica, control: Control, acme: Elsewhere) -> None:
    await control.post("installations/U0ACMEBOT", revoked="token_revoked")
    there, here = await acme.ask(replica), await build.question(replica.db, replica.tenant)

    handle = await shown(replica, here)

    assert replica.has_buttons(handle)
    assert (await replica.card(there)).ts is None
    assert replica.installations.suspended(acme.connection.id) is not None
    assert replica.installations.suspended(replica.tenant.connection.id) is None


async def test_an_organization_wide_app_is_one_connection_without_a_team(replica: Replica, org: Elsewhere) -> None:
    assert (org.connection.enterprise_id, org.connection.team_id) == ("E0ORG", None)
    assert org.connection.home_teams == ["T0NORTH", "E0ORG"]


async def test_a_click_without_a_team_is_claimed_under_the_organizations_connection(
    replica: Replica, org: Elsewhere
) -> None:
    question = await org.ask(replica)
    handle = await shown(replica, question)

    told = await replica.click(question, handle, user="U0NIA")

    assert (told["payload"]["team"], told["payload"]["is_enterprise_install"]) == (None, True)
    assert await replica.verdicts() == ["won"]
    await replica.settle()
    assert not replica.has_buttons(handle)
    assert "<@U0NIA>" in replica.shown(handle)


async def test_a_person_of_a_workspace_that_was_not_granted_is_a_colleague_all_the_same(
    replica: Replica, org: Elsewhere
) -> None:
    question = await org.ask(replica, responders=None)
    handle = await shown(replica, question)
    channel = replica.slack.world.channels["C0NORTH"]
    replica.slack.world.join(channel, "U0SOL")

    await replica.click(question, handle, user="U0SOL")

    assert await replica.verdicts() == ["won"]
    assert await status(replica, question) is Status.ANSWERED


async def test_an_organizations_and_its_workspaces_installation_never_answer_for_each_other(
    replica: Replica, org: Elsewhere, north: Elsewhere
) -> None:
    """They share the app, its secret, the enterprise, the channel and the person who clicks."""
    wide, narrow = await org.ask(replica), await north.ask(replica)
    card_of_wide, card_of_narrow = await shown(replica, wide), await shown(replica, narrow)
    assert author(replica, card_of_wide) != author(replica, card_of_narrow)

    await replica.click(wide, card_of_narrow, user="U0NIA")
    await replica.click(narrow, card_of_wide, user="U0NIA")

    assert await replica.verdicts() == ["gone", "gone"]
    assert [await status(replica, question) for question in (wide, narrow)] == [Status.PENDING, Status.PENDING]

    await replica.click(wide, card_of_wide, user="U0NIA")
    await replica.click(narrow, card_of_narrow, user="U0NIA")

    assert (await replica.verdicts())[2:] == ["won", "won"]


async def test_a_button_in_an_ephemeral_counts_and_a_refused_clicker_is_told(
    replica: Replica, question: Interaction
) -> None:
    """Clicked as people click it, on a message that only its one reader has and no method can look at."""
    button = {
        "type": "button",
        "action_id": action_ids.choose("approve"),
        "text": {"type": "plain_text", "text": "Approve"},
    }
    blocks = [{"type": "actions", "block_id": action_ids.block_id(question.id, 1), "elements": [button]}]
    web = AsyncWebClient(
        token=replica.slack.world.app.bot_token, base_url=replica.slack.api_url, session=replica.http, retry_handlers=[]
    )

    async def clicks(user: str) -> Any:
        said = await web.chat_postEphemeral(channel="C0APPROVALS", user=user, text="Deploy?", blocks=blocks)
        where = Handle(channel="C0APPROVALS", ts=said["message_ts"])
        return await replica.click(question, where, user=user, action_id=button["action_id"])

    refused = await clicks("U0BOB")
    await clicks("U0ANA")

    assert refused["payload"]["container"]["is_ephemeral"] and "message" not in refused["payload"]
    assert await replica.verdicts() == ["not_yours", "won"]
    told = [(to, text) for to, text, _ in replica.whispers("C0APPROVALS") if text != "Deploy?"]
    assert [to for to, _ in told] == ["U0BOB"] and "Only <@U0ANA> can answer" in told[0][1]
