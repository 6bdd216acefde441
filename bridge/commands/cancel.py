"""`askbridge cancel`: withdraws a pending interaction."""

import click

from bridge.commands import terminal
from bridge.commands.bridge_options import id_argument, key_option, url_option, with_bridge
from storage.model import Json


@click.command(
    epilog="""\b
Examples:
  askbridge cancel int_01m7z04rdhezbagyb328at4zq0 --reason 'The release was called off.'

Exit status: 0 cancelled, by this command or earlier; 1 ended otherwise, and stderr says how; 2 wrong usage."""
)
@id_argument
@click.option("--reason", metavar="TEXT", help="The reason; shown on the card and in private replies.")
@url_option
@key_option
@terminal.json_option
def cancel(*, question_id: str, reason: str | None, url: str, key: str, as_json: bool) -> None:
    """Cancel a pending question."""
    body: Json = {"reason": reason} if reason is not None else {}

    interaction = with_bridge(url, key, lambda bridge: bridge.call("POST", f"/{question_id}/cancel", body=body))
    if as_json:
        terminal.print_json(interaction)
    else:
        click.echo(terminal.one_line(interaction["message"]))
