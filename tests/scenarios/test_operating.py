"""The commands for keys, organizations and connections: their output, and their effect at once on the bridge."""

import asyncio
import json
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from bridge import ids
from storage import connections, interactions, keys, organizations
from storage.model import Status
from storage.pool import Database
from tests.scenarios.commands import run, run_json, start, typed
from tests.storage import build
from tests.storage.build import Tenant
from tests.storage.claim_checks import unwaited
from tests.storage.elapse import elapse

pytestmark = pytest.mark.processes


@pytest.fixture
def database(dsn: str) -> dict[str, str]:
    """All the settings these commands need."""
    return {"ASKBRIDGE_DATABASE_URL": dsn}


@pytest.fixture
async def tenant(db: Database) -> Tenant:
    return await build.tenant(db)


def org(tenant: Tenant) -> str:
    return ids.encode("org", tenant.scope.organization_id)


def con(tenant: Tenant) -> str:
    return ids.encode("con", tenant.scope.connection_id)


async def test_a_key_is_printed_once_opens_the_door_and_is_worth_nothing_once_revoked(
    db: Database, tenant: Tenant, database: dict[str, str]
) -> None:
    status, out, err = await run("keys", "create", "review bot", **database)
    secret = out.strip()
    key = await keys.of_secret(db, secret)

    assert (status, out) == (0, f"{secret}\n")
    assert key is not None and key.name == "review bot"
    assert "cannot be shown again" in err and secret not in err

    _, listed, _ = await run("keys", "list", **database)
    assert "review bot" in listed and key.prefix in listed and secret not in listed
    id = ids.encode("key", key.id)
    status, out, _ = await run("keys", "revoke", id, **database)
    assert status == 0 and out.startswith(f"{id} (review bot) is revoked since ")
    assert await keys.of_secret(db, secret) is None
    assert await run("keys", "revoke", id, **database) == (0, out, "")


async def test_scripts_get_keys_as_json(tenant: Tenant, database: dict[str, str]) -> None:
    made = await run_json("keys", "create", "ci", **database)
    revoked = await run_json("keys", "revoke", made["id"], **database)
    listed = await run_json("keys", "list", **database)

    assert made.pop("key").startswith(made["prefix"])
    assert made["revoked_at"] is None and revoked == made | {"revoked_at": revoked["revoked_at"]}
    assert listed["items"][1] == revoked and "key" not in listed["items"][1]


async def test_with_several_organizations_a_key_says_whose_it_is_to_be(
    db: Database, tenant: Tenant, database: dict[str, str]
) -> None:
    second = await build.tenant(db)

    status, out, err = await run("keys", "create", "ci", **database)
    made = await run_json("keys", "create", "ci", "--organization", org(second), **database)

    assert (status, out) == (1, "")
    assert "--organization" in err and org(tenant) in err and org(second) in err
    assert made["organization"] == org(second)


async def test_before_there_is_an_organization_one_is_told_how_to_make_it(
    db: Database, database: dict[str, str]
) -> None:
    status, _, err = await run("keys", "create", "ci", **database)
    made = await run_json("organizations", "create", "Acme", **database)
    key = await run_json("keys", "create", "ci", **database)

    assert status == 1 and "askbridge organizations create NAME" in err
    assert key["organization"] == made["id"]
    assert [one.name for one in await organizations.every(db)] == ["Acme"]


async def test_a_disabled_connection_answers_nothing_until_it_is_enabled(
    db: Database, tenant: Tenant, database: dict[str, str]
) -> None:
    question = await build.question(db, tenant)

    status, out, _ = await run("connections", "disable", con(tenant), **database)

    assert status == 0 and "1 open question cancelled" in out
    assert (await build.read(db, tenant, question.id)).status is Status.CANCELLED
    assert isinstance(await interactions.open(db, build.opening(tenant)), interactions.Disconnected)
    (listed,) = (await run_json("connections", "list", **database))["items"]
    assert listed["id"] == con(tenant) and listed["disabled_at"] is not None
    assert await run("connections", "enable", con(tenant), **database) == (0, f"{con(tenant)} (Acme) is enabled\n", "")
    assert (await build.question(db, tenant)).status is Status.PENDING


async def test_cards_that_are_addressed_to_no_one_go_to_the_default_channel(
    db: Database, tenant: Tenant, database: dict[str, str]
) -> None:
    said = await run("connections", "set", con(tenant), "--default-channel", "C0OPS", **database)
    _, listed, _ = await run("connections", "list", **database)
    changed = await run_json("connections", "set", con(tenant), "--default-channel", "", **database)

    assert said == (0, f"{con(tenant)} (Acme): cards that are addressed to no one go to C0OPS\n", "")
    assert "DEFAULT CHANNEL" in listed and "C0OPS" in listed
    assert changed["id"] == con(tenant) and changed["default_channel"] is None
    (connection,) = await connections.of_organization(db, tenant.scope.organization_id)
    assert connection.default_channel is None


async def test_a_connection_whose_workspace_another_one_has_now_is_not_enabled(
    db: Database, tenant: Tenant, database: dict[str, str]
) -> None:
    await run_json("connections", "disable", con(tenant), **database)
    await build.tenant(db, team=tenant.connection.team_id)

    status, out, err = await run("connections", "enable", con(tenant), "--organization", org(tenant), **database)

    assert (status, out) == (1, "")
    assert "by another connection now: disable that one first" in err
    assert await connections.of_organization(db, tenant.scope.organization_id) == []


async def test_a_disabled_organization_has_no_keys_and_says_what_is_left_to_enable(
    db: Database, tenant: Tenant, database: dict[str, str]
) -> None:
    await build.question(db, tenant)

    status, out, _ = await run("organizations", "disable", org(tenant), **database)

    assert status == 0 and "1 open question cancelled" in out
    assert await keys.of_secret(db, tenant.secret) is None
    status, _, err = await run("connections", "enable", con(tenant), **database)
    assert status == 1 and f"askbridge organizations enable {org(tenant)}" in err
    status, _, err = await run("organizations", "enable", org(tenant), **database)
    assert status == 0 and f"askbridge connections enable {con(tenant)}" in err
    assert await keys.of_secret(db, tenant.secret) is not None


async def test_an_organization_is_deleted_only_with_yes_and_then_wholly(
    db: Database, tenant: Tenant, database: dict[str, str]
) -> None:
    neighbour = await build.tenant(db)
    await unwaited(db, build.click(await build.question(db, tenant)))
    await db.fetch("update cards set shown = wanted")

    status, _, err = await run("organizations", "delete", org(tenant), **database)
    assert status == 1 and "Repeat it with --yes" in err
    assert await keys.of_secret(db, tenant.secret) is not None

    # As if disabled a minute ago: until then a replica may have the connection in its cache.
    await run_json("organizations", "disable", org(tenant), **database)
    await elapse(db, "organizations", timedelta(minutes=1))
    await db.fetch(
        "update organizations set disabled_at = null where organization_id = $1", neighbour.scope.organization_id
    )
    status, out, _ = await run("organizations", "delete", org(tenant), "--yes", **database)

    assert status == 0 and "is deleted, with everything it had" in out
    assert [one.organization_id for one in await organizations.every(db)] == [neighbour.scope.organization_id]
    assert len(await db.fetch("select from interactions")) == 0


async def test_an_organization_whose_cards_still_show_buttons_waits_for_them(
    db: Database, tenant: Tenant, database: dict[str, str]
) -> None:
    """Until they are settled, as here by hand, or --leave-cards is given."""
    await build.question(db, tenant)
    await run_json("organizations", "disable", org(tenant), **database)
    await elapse(db, "organizations", timedelta(minutes=1))

    deleting = await start("organizations", "delete", org(tenant), "--yes", **database)
    assert deleting.stderr is not None
    assert b"until replicas have settled its cards" in await asyncio.wait_for(deleting.stderr.readline(), 30)
    assert len(await organizations.every(db)) == 1
    await db.fetch("update cards set shown = wanted")
    out, _ = await asyncio.wait_for(deleting.communicate(), 30)

    assert deleting.returncode == 0 and b"is deleted" in out
    assert await organizations.every(db) == []


async def test_cards_can_be_left_as_they_are(db: Database, tenant: Tenant, database: dict[str, str]) -> None:
    await build.question(db, tenant)
    await run_json("organizations", "disable", org(tenant), **database)
    await elapse(db, "organizations", timedelta(minutes=1))

    await run_json("organizations", "delete", org(tenant), "--yes", "--leave-cards", **database)

    assert await organizations.every(db) == []


async def test_organizations_are_listed_and_nothing_in_a_name_moves_the_terminal(
    db: Database, tenant: Tenant, database: dict[str, str]
) -> None:
    await db.fetch("update connections set name = $1", "Ac\x1b[2Jme")

    _, listed, _ = await run("organizations", "list", **database)
    _, workspaces, _ = await run("connections", "list", **database)

    assert listed.splitlines()[0].split() == ["ID", "NAME", "CREATED", "DISABLED"]
    assert listed.splitlines()[1].startswith(org(tenant))
    assert "Ac?[2Jme" in workspaces


UNKNOWN = {prefix: f"{prefix}_01jd0000000000000000000000" for prefix in ("org", "con", "key")}


@pytest.mark.parametrize(
    ("wrong", "status", "words"),
    [
        (["keys", "create"], 2, "Missing argument 'NAME'"),
        (["keys", "create", "  "], 2, "must not be blank"),
        (["keys", "create", "x" * 81], 2, "at most 80"),
        (["keys", "create", "ci\x1b[2J"], 2, "invisible"),
        (["keys", "create", "ci", "--organization", "acme"], 2, "is not an id such as org_"),
        (["keys", "create", "ci", "--organization", UNKNOWN["org"]], 1, "There is no organization"),
        (["keys", "list", "--organization", UNKNOWN["con"]], 2, "is not an id such as org_"),
        (["keys", "list", "all"], 2, "unexpected extra argument"),
        (["keys", "list", "--organization", UNKNOWN["org"]], 1, "There is no organization"),
        (["keys", "revoke", "deploy-bot"], 2, "is not an id such as key_"),
        (["keys", "revoke", UNKNOWN["key"]], 1, "askbridge keys list"),
        (["keys", "revoke"], 2, "Missing argument 'KEY_ID'"),
        (["organizations", "create", "x" * 201], 2, "at most 200"),
        (["organizations", "create", ""], 2, "must not be blank"),
        (["organizations", "create"], 2, "Missing argument 'NAME'"),
        (["organizations", "list", "--all"], 2, "No such option"),
        (["organizations", "disable", "Acme"], 2, "is not an id such as org_"),
        (["organizations", "disable", UNKNOWN["org"]], 1, "There is no organization"),
        (["organizations", "disable"], 2, "Missing argument"),
        (["organizations", "enable", "Acme"], 2, "is not an id such as org_"),
        (["organizations", "enable", UNKNOWN["org"]], 1, "There is no organization"),
        (["organizations", "enable"], 2, "Missing argument"),
        (["organizations", "delete", "--yes"], 2, "Missing argument"),
        (["organizations", "delete", "Acme", "--yes"], 2, "is not an id such as org_"),
        (["organizations", "delete", UNKNOWN["org"], "--yes"], 1, "There is no organization"),
        (["connections", "list", "--organization", UNKNOWN["org"]], 1, "There is no organization"),
        (["connections", "disable", "T0ACME"], 2, "is not an id such as con_"),
        (["connections", "disable", UNKNOWN["con"]], 1, "askbridge connections list"),
        (["connections", "disable"], 2, "Missing argument"),
        (["connections", "enable", "T0ACME"], 2, "is not an id such as con_"),
        (["connections", "enable", UNKNOWN["con"]], 1, "askbridge connections list"),
        (["connections", "enable"], 2, "Missing argument"),
        (["connections", "set", UNKNOWN["con"], "--default-channel", "C0OPS"], 1, "askbridge connections list"),
        (["connections", "set", UNKNOWN["con"], "--default-channel", "#ops"], 2, "a name is none"),
        (["connections", "set", UNKNOWN["con"]], 2, "Missing option '--default-channel'"),
        (["keys", "burn"], 2, "No such command"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else None,
)
async def test_wrong_use_is_answered_in_words(
    tenant: Tenant, database: dict[str, str], wrong: list[str], status: int, words: str
) -> None:
    ended, out, err = await typed(*wrong, **database)

    assert (ended, out) == (status, "")
    assert words in err


@pytest.mark.parametrize("command", [["keys", "list"], ["organizations", "list"], ["connections", "list"]])
async def test_a_database_that_cannot_be_used_is_said_in_words(dsn: str, empty_dsn: str, command: list[str]) -> None:
    parts = urlsplit(dsn)
    wrong = parts._replace(netloc=f"{parts.username}:hush@{parts.hostname}:{parts.port}").geturl()

    unset = await typed(*command)
    nowhere = await typed(*command, ASKBRIDGE_DATABASE_URL="postgresql://me:hush@127.0.0.1:1/none")
    refused = await typed(*command, ASKBRIDGE_DATABASE_URL=wrong)
    unmigrated = await typed(*command, ASKBRIDGE_DATABASE_URL=empty_dsn)

    assert [one[0] for one in (unset, nowhere, refused, unmigrated)] == [1, 1, 1, 1]
    assert "ASKBRIDGE_DATABASE_URL: is not set" in unset[2]
    assert "correct host and port" in nowhere[2] and "ASKBRIDGE_DATABASE_URL" in refused[2]
    assert "askbridge migrate" in unmigrated[2]
    assert "hush" not in json.dumps([unset, nowhere, refused, unmigrated])
