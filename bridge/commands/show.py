"""`askbridge show`: prints one interaction as it now is, with its timeline."""

import click

from bridge.commands import terminal
from bridge.commands.bridge_options import id_argument, key_option, url_option, with_bridge
from bridge.commands.client import Bridge
from storage.model import Json


@click.command(
    epilog=f"""\b
Examples:
  askbridge show int_01m7z04rdhezbagyb328at4zq0
  askbridge show int_01m7z04rdhezbagyb328at4zq0 --json | jq .answer

{terminal.EXIT}"""
)
@id_argument
@url_option
@key_option
@click.option(
    "--json", "as_json", is_flag=True, help="Print the interaction with its timeline as one line of JSON on stdout."
)
def show(*, question_id: str, url: str, key: str, as_json: bool) -> None:
    """Show a question: its status, its cards and its timeline."""

    async def look(bridge: Bridge) -> tuple[Json, Json]:
        return await bridge.call("GET", f"/{question_id}"), await bridge.call("GET", f"/{question_id}/timeline")

    interaction, timeline = with_bridge(url, key, look)
    if as_json:
        terminal.print_json({**interaction, "timeline": timeline["items"]})
        return
    click.echo("  ".join(terminal.one_line(interaction.get(part)) for part in ("id", "kind", "status")))
    click.echo(terminal.one_line(interaction["message"]))
    answer = interaction.get("answer") or {}
    if words := answer.get("comment") or answer.get("text"):
        click.echo(f"words: {terminal.one_line(words)}")
    for card in interaction.get("cards") or []:
        reason = card.get("reason") or {}
        parts = (
            card.get("status"),
            card.get("permalink") or card.get("channel"),
            reason.get("detail"),
            reason.get("fix"),
        )
        click.echo("card: " + ", ".join(terminal.one_line(part) for part in parts if part))
    click.echo()
    click.echo(
        terminal.table(
            [[terminal.one_line(item.get(part)) for part in ("at", "message")] for item in timeline["items"]]
        )
    )
