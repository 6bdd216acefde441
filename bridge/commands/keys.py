"""`askbridge keys`: creates, lists and revokes the API keys of agents."""

import sys
from uuid import UUID

import click

from bridge import ids
from bridge.commands import terminal
from bridge.commands.terminal import CommandRefused
from storage import keys
from storage.model import Json, Key
from storage.pool import Database


@click.group(
    "keys",
    epilog=f"""\b
Examples:
  askbridge keys create deploy-bot
  askbridge keys list
  askbridge keys revoke key_01kb2n…

{terminal.EXIT}""",
)
def group() -> None:
    """Create, list and revoke the API keys of agents.

    A key's name is shown on every card as who asks. Only ASKBRIDGE_DATABASE_URL has to be set.
    """


@group.command(
    epilog=f"""\b
Examples:
  askbridge keys create deploy-bot
  askbridge keys create deploy-bot --organization org_01kb2n… --json

{terminal.EXIT}"""
)
@click.argument("name", type=terminal.a_name(limit=80))
@terminal.organization_option
@terminal.json_option
def create(*, name: str, organization_id: UUID | None, as_json: bool) -> None:
    """Create a key called NAME and print it once."""

    async def work(db: Database) -> tuple[Key, str]:
        owner = await terminal.organization(db, organization_id)
        return await keys.create(db, organization_id=owner.organization_id, id=ids.new(), name=name)

    if sys.stdout is None:
        terminal.fail("The key cannot be printed: stdout is closed. No key was created.")
    key, secret = terminal.with_database(work)
    try:
        if as_json:
            terminal.print_json({**_resource(key), "key": secret})
            return
        click.echo(secret)
    except OSError as error:
        id, org = ids.encode("key", key.id), ids.encode("org", key.organization_id)
        terminal.fail(
            f"The key {id} was created, but cannot be printed ({error.strerror}), and is lost. Revoke it: "
            f"askbridge keys revoke {id} --organization {org}"
        )
    click.echo(
        f"This is the key {ids.encode('key', key.id)} ({key.name}). Store it now: it cannot be shown again.", err=True
    )


@group.command(
    "list",
    epilog=f"""\b
Example:
  askbridge keys list

{terminal.EXIT}""",
)
@terminal.organization_option
@terminal.json_option
def list_(*, organization_id: UUID | None, as_json: bool) -> None:
    """List the keys, oldest first, without their secrets."""

    async def work(db: Database) -> list[Key]:
        owner = await terminal.organization(db, organization_id)
        return await keys.of_organization(db, owner.organization_id)

    listed = terminal.with_database(work)
    if as_json:
        terminal.print_json({"items": [_resource(key) for key in listed]})
        return
    rows = [
        [
            ids.encode("key", key.id),
            key.name,
            f"{key.prefix}…",
            terminal.moment(key.created_at),
            terminal.moment(key.revoked_at, never="no"),
        ]
        for key in listed
    ]
    click.echo(terminal.table([["ID", "NAME", "KEY", "CREATED", "REVOKED"], *rows]))


@group.command(
    epilog=f"""\b
Example:
  askbridge keys revoke key_01kb2n…

{terminal.EXIT}"""
)
@click.argument("key_id", type=terminal.an_id("key"))
@terminal.organization_option
@terminal.json_option
def revoke(*, key_id: UUID, organization_id: UUID | None, as_json: bool) -> None:
    """Revoke a key, effective from the next request. This cannot be undone."""

    async def work(db: Database) -> Key:
        owner = await terminal.organization(db, organization_id)
        key = await keys.revoke(db, organization_id=owner.organization_id, id=key_id)
        if key is None:
            raise CommandRefused(
                f"{owner.name} has no key {ids.encode('key', key_id)}; `askbridge keys list` shows those it has."
            )
        return key

    key = terminal.with_database(work)
    if as_json:
        terminal.print_json(_resource(key))
        return
    click.echo(f"{ids.encode('key', key.id)} ({key.name}) is revoked since {terminal.moment(key.revoked_at)}")


def _resource(key: Key) -> Json:
    return {
        "id": ids.encode("key", key.id),
        "organization": ids.encode("org", key.organization_id),
        "name": key.name,
        "prefix": key.prefix,
        "created_at": terminal.moment(key.created_at),
        "revoked_at": terminal.moment(key.revoked_at) or None,
    }
