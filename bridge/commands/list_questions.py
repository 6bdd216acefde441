"""`askbridge list`: prints the interactions of the key's organization, newest first."""

import click

from bridge.commands import terminal
from bridge.commands.bridge_options import key_option, url_option, with_bridge
from bridge.commands.client import Bridge
from storage.model import Json, Status

_PAGE = 200


@click.command(
    "list",
    epilog=f"""\b
Examples:
  askbridge list --status pending
  askbridge list --run "$CI_JOB_ID" --json | jq -r '.items[].id'

{terminal.EXIT}""",
)
@click.option(
    "--status", type=click.Choice([status.value for status in Status]), help="Only questions with this status."
)
@click.option("--kind", metavar="KIND", help="Only questions of this kind.")
@click.option("--tag", metavar="TAG", help="Only questions with this tag.")
@click.option("--run", metavar="ID", help="Only questions of this run.")
@click.option("--idempotency-key", metavar="KEY", help="Only the question with this idempotency key.")
@click.option(
    "--limit", type=terminal.WholeNumber(1, 100_000), default=50, show_default=True, help="Maximum number of questions."
)
@url_option
@key_option
@terminal.json_option
def list_questions(*, url: str, key: str, limit: int, as_json: bool, **filters: str | None) -> None:
    """List questions, newest first."""
    query = {name: value for name, value in filters.items() if value is not None}
    items = with_bridge(url, key, lambda bridge: _read(bridge, query, limit))
    if as_json:
        terminal.print_json({"items": items})
    elif items:
        columns = ("id", "kind", "status", "created_at")
        rows = [[terminal.one_line(item.get(column) or "") for column in columns] for item in items]
        click.echo(terminal.table([["ID", "KIND", "STATUS", "CREATED"], *rows]))
    else:
        click.echo("No matching questions.", err=True)


async def _read(bridge: Bridge, query: dict[str, str], limit: int) -> list[Json]:
    items: list[Json] = []
    cursor: str | None = None
    while len(items) < limit:
        page = query | {"limit": str(min(_PAGE, limit - len(items)))} | ({"cursor": cursor} if cursor else {})
        response = await bridge.call("GET", "", query=page)
        items += response["items"]
        cursor = response.get("next_cursor")
        if cursor is None:
            break
    return items
