"""`askbridge organizations`: creates, lists, disables, enables and deletes the organizations of a bridge."""

import asyncio
from uuid import UUID

import click

from bridge import ids
from bridge.commands import terminal
from bridge.commands.terminal import CommandRefused
from bridge.slack.connections import REMEMBERED_SECONDS
from storage import connections, organizations
from storage.model import Json, Organization
from storage.organizations import OrganizationDisabled
from storage.pool import Database

# After this time since an organization was disabled, no replica takes a click for its connections.
_CACHED_SECONDS = REMEMBERED_SECONDS + 5
_SETTLING_SECONDS = 20.0  # after that, for running replicas to settle the last cards


@click.group(
    "organizations",
    epilog=f"""\b
Examples:
  askbridge organizations create Acme
  askbridge organizations list
  askbridge organizations disable org_01kb2n…
  askbridge organizations enable org_01kb2n…
  askbridge organizations delete org_01kb2n… --yes

{terminal.EXIT}""",
)
def group() -> None:
    """Create, list, disable, enable and delete the organizations of this bridge."""


@group.command(
    epilog=f"""\b
Example:
  askbridge organizations create Acme

{terminal.EXIT}"""
)
@click.argument("name", type=terminal.a_name(limit=200))
@terminal.json_option
def create(*, name: str, as_json: bool) -> None:
    """Create an organization called NAME, without a key or a workspace."""

    async def work(db: Database) -> Organization:
        id = ids.new()
        await organizations.create(db, organization_id=id, name=name)
        return await terminal.organization(db, id)

    made = terminal.with_database(work)
    if as_json:
        terminal.print_json(_resource(made))
        return
    click.echo(f"{_named(made)} is made")


@group.command(
    "list",
    epilog=f"""\b
Example:
  askbridge organizations list

{terminal.EXIT}""",
)
@terminal.json_option
def list_(*, as_json: bool) -> None:
    """List the organizations, oldest first."""
    listed = terminal.with_database(organizations.every)
    if as_json:
        terminal.print_json({"items": [_resource(organization) for organization in listed]})
        return
    rows = [
        [
            ids.encode("org", organization.organization_id),
            organization.name,
            terminal.moment(organization.created_at),
            terminal.moment(organization.disabled_at, never="no"),
        ]
        for organization in listed
    ]
    click.echo(terminal.table([["ID", "NAME", "CREATED", "DISABLED"], *rows]))


@group.command(
    epilog=f"""\b
Example:
  askbridge organizations disable org_01kb2n…

{terminal.EXIT}"""
)
@click.argument("org_id", type=terminal.an_id("org"))
@terminal.json_option
def disable(*, org_id: UUID, as_json: bool) -> None:
    """Refuse its keys, disable its connections and cancel its open questions, in one step."""

    async def work(db: Database) -> OrganizationDisabled:
        return await _disable(db, org_id)

    done = terminal.with_database(work)
    if as_json:
        terminal.print_json({**_resource(done.organization), "cancelled": done.cancelled})
        return
    click.echo(
        f"{_named(done.organization)} is disabled since {terminal.moment(done.organization.disabled_at)}; "
        f"{terminal.count(done.cancelled, 'open question')} cancelled"
    )


@group.command(
    epilog=f"""\b
Example:
  askbridge organizations enable org_01kb2n…

{terminal.EXIT}"""
)
@click.argument("org_id", type=terminal.an_id("org"))
@terminal.json_option
def enable(*, org_id: UUID, as_json: bool) -> None:
    """Accept its keys again. Its connections stay disabled until you enable each of them."""

    async def work(db: Database) -> tuple[Organization, list[str]]:
        enabled = await organizations.enable(db, org_id)
        if enabled is None:
            raise CommandRefused(f"There is no organization {ids.encode('org', org_id)}.")
        every = await connections.all_of_organization(db, org_id)
        disabled = [connection for connection in every if connection.disabled_at is not None]
        return enabled, [ids.encode("con", connection.id) for connection in disabled]

    enabled, disabled = terminal.with_database(work)
    if as_json:
        terminal.print_json({**_resource(enabled), "disabled_connections": disabled})
        return
    click.echo(f"{_named(enabled)} is enabled")
    for id in disabled:
        click.echo(f"still disabled: askbridge connections enable {id} --organization {_id(enabled)}", err=True)


@group.command(
    epilog=f"""\b
Examples:
  askbridge organizations delete org_01kb2n… --yes
  askbridge organizations delete org_01kb2n… --yes --leave-cards

A replica whose settings hold the workspace's bot token makes a new organization when it next starts: take the token
out of its settings first.

{terminal.EXIT}"""
)
@click.argument("org_id", type=terminal.an_id("org"))
@click.option("--yes", is_flag=True, help="Confirm the deletion, which cannot be undone.")
@click.option(
    "--leave-cards",
    is_flag=True,
    help="Delete also when cards in Slack still show buttons, which will do nothing, or webhooks are undelivered.",
)
@terminal.json_option
def delete(*, org_id: UUID, yes: bool, leave_cards: bool, as_json: bool) -> None:
    """Delete an organization with its keys, connections, questions and clicks, for good.

    First it is disabled, which cancels what is open; then running replicas have up to a minute to change its cards.
    """

    async def work(db: Database) -> tuple[Organization, int]:
        organization = await terminal.organization(db, org_id)
        if not yes:
            raise CommandRefused(
                f"This would delete {_named(organization)} with its keys, connections, questions and clicks, and "
                "cannot be undone. Repeat it with --yes."
            )
        await _disable(db, org_id)
        if await connections.all_of_organization(db, org_id):
            await _wait_until_deletable(db, org_id, leave_cards=leave_cards)
        try:
            return organization, await organizations.delete(db, org_id)
        except organizations.StillActive:
            raise CommandRefused(
                f"{_named(organization)} was enabled by another command meanwhile; nothing was deleted."
            ) from None

    deleted, rows = terminal.with_database(work)
    if as_json:
        terminal.print_json({"id": _id(deleted), "rows": rows})
        return
    click.echo(f"{_named(deleted)} is deleted, with everything it had ({terminal.count(rows, 'row')})")


async def _disable(db: Database, id: UUID) -> OrganizationDisabled:
    done = await organizations.disable(db, id, new_id=ids.new)
    if done is None:
        raise CommandRefused(f"There is no organization {ids.encode('org', id)}.")
    return done


async def _wait_until_deletable(db: Database, id: UUID, *, leave_cards: bool) -> None:
    """Wait until no card shows a button, no webhook is due and no click is taken; else raise CommandRefused."""
    clock = asyncio.get_running_loop().time
    waited_since: float | None = None
    announced = False
    while (leaving := await organizations.outstanding(db, id)) is not None:
        unsettled = leaving.questions + leaving.cards
        if leaving.seconds >= _CACHED_SECONDS:
            if leave_cards or not unsettled + leaving.deliveries:
                return
            waited_since = waited_since or clock()
            if clock() - waited_since > _SETTLING_SECONDS and not unsettled:
                raise CommandRefused(
                    f"It is disabled, and nothing is deleted yet: {terminal.count(leaving.deliveries, 'webhook')} may "
                    "still be delivered. Repeat this later, or add --leave-cards."
                )
            if clock() - waited_since > _SETTLING_SECONDS:
                raise CommandRefused(
                    f"It is disabled, and nothing is deleted yet: {terminal.count(unsettled, 'card')} may still "
                    "show buttons in Slack. Run a replica with the workspace's bot token (askbridge serve) and repeat "
                    "this, or add --leave-cards."
                )
        if not announced:
            seconds = max(_CACHED_SECONDS - leaving.seconds, 0) + (0 if leave_cards else _SETTLING_SECONDS)
            click.echo(f"disabled; waiting up to {seconds:.0f} s until replicas have settled its cards …", err=True)
            announced = True
        await asyncio.sleep(0.5)


def _id(organization: Organization) -> str:
    return ids.encode("org", organization.organization_id)


def _named(organization: Organization) -> str:
    return f"{_id(organization)} ({organization.name})"


def _resource(organization: Organization) -> Json:
    return {
        "id": _id(organization),
        "name": organization.name,
        "created_at": terminal.moment(organization.created_at),
        "disabled_at": terminal.moment(organization.disabled_at) or None,
    }
