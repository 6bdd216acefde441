"""`askbridge wait`: waits for the end of an interaction that was opened before."""

import click

from bridge.commands import answering, answers, outcome
from bridge.commands.answers import ExitStatus
from bridge.commands.bridge_options import Duration, id_argument, key_option, url_option
from storage.model import Json


@click.command(
    epilog="""\b
Examples:
  askbridge wait int_01m7z04rdhezbagyb328at4zq0 && ./deploy
  askbridge wait int_01m7z04rdhezbagyb328at4zq0 --wait 10m --json

Exit status: 0 approved, or an option, a text, or JSON (answers, values, or the arguments of an approval that could be
edited), which alone is on stdout; 1 denied or declined; 2 no answer, or a reply without a decision, which is never a
denial."""
)
@id_argument
@click.option("--wait", type=Duration(), metavar="DURATION", help="How long to wait. Default: until the question ends.")
@url_option
@key_option
@click.option("--json", "as_json", is_flag=True, help="Print the whole interaction as one line of JSON on stdout.")
def wait(*, question_id: str, wait: float | None, url: str, key: str, as_json: bool) -> None:
    """Wait for the answer to an existing question, and print it."""

    def finish(interaction: Json) -> ExitStatus:
        result = answers.result(interaction, interaction.get("kind"))
        outcome.report(interaction, result, as_json=as_json)
        return result.status

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
