"""`askbridge wait`: waits for the end of an interaction that was opened before."""

import click

from bridge.commands import answering, outcome
from bridge.commands.ask_options import ExitStatus, chosen, exit_status
from bridge.commands.bridge_options import Duration, id_argument, key_option, url_option
from storage.model import Json


@click.command(
    epilog="""\b
Examples:
  askbridge wait int_01m7z04rdhezbagyb328at4zq0 && ./deploy
  askbridge wait int_01m7z04rdhezbagyb328at4zq0 --wait 10m --json

Exit status: 0 approved or chosen; 1 denied; 2 no answer, which is never a denial."""
)
@id_argument
@click.option("--wait", type=Duration(), metavar="DURATION", help="How long to wait. Default: until the question ends.")
@url_option
@key_option
@click.option("--json", "as_json", is_flag=True, help="Print the whole interaction as one line of JSON on stdout.")
def wait(*, question_id: str, wait: float | None, url: str, key: str, as_json: bool) -> None:
    """Wait for the answer to an existing question, and print it."""

    def finish(interaction: Json) -> ExitStatus:
        choice = interaction.get("kind") == "choice"
        status = ExitStatus.ANSWERED if choice and chosen(interaction) else exit_status(interaction)
        outcome.report(interaction, status, as_json=as_json, names_option=choice)
        return status

    answering.end_with(
        answering.follow(
            url,
            key,
            begin=lambda bridge: bridge.call("GET", f"/{question_id}"),
            finish=finish,
            within=wait,
            as_json=as_json,
        ),
        interrupted="Stopped; the state of the question is unknown.",
    )
