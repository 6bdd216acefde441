"""`askbridge receipt`: reports what became of an answer."""

import click

from bridge.commands import terminal
from bridge.commands.bridge_options import id_argument, key_option, url_option, with_bridge
from storage.model import Json, Progress


@click.command(
    epilog=f"""\b
Examples:
  askbridge receipt int_01m7z04rdhezbagyb328at4zq0 picked_up
  askbridge receipt int_01m7z04rdhezbagyb328at4zq0 succeeded --summary 'Deployed 1.4.' --link https://ci.example.com/7

{terminal.EXIT}"""
)
@id_argument
@click.argument("status", metavar="STATUS", type=click.Choice([progress.value for progress in Progress]))
@click.option("--summary", metavar="TEXT", help="The outcome in a sentence; shown on the card.")
@click.option("--link", metavar="URL", help="A page about it, linked on the card.")
@url_option
@key_option
@terminal.json_option
def receipt(
    *, question_id: str, status: str, summary: str | None, link: str | None, url: str, key: str, as_json: bool
) -> None:
    """Report the outcome to the people who answered."""
    given = {"status": status, "summary": summary, "url": link}
    body: Json = {name: value for name, value in given.items() if value is not None}

    interaction = with_bridge(url, key, lambda bridge: bridge.call("POST", f"/{question_id}/receipt", body=body))
    if as_json:
        terminal.print_json(interaction)
    else:
        click.echo(f"{interaction['id']}: reported as {status}")
