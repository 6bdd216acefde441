"""`askbridge wait`: waits for the end of an interaction that was opened before."""

import asyncio
import sys

import aiohttp
import click

from bridge.commands import outcome, terminal
from bridge.commands.ask_options import ExitStatus, chosen, exit_status
from bridge.commands.bridge_options import Duration, id_argument, key_option, url_option
from bridge.commands.client import Bridge, NoAnswer
from bridge.commands.interruption import cancelled_by_signals
from storage.model import Json


@click.command(
    epilog="""\b
Examples:
  askbridge wait int_01m7z04rdhezbagyb328at4zq0 && ./deploy
  askbridge wait int_01m7z04rdhezbagyb328at4zq0 --wait 10m --json

Exit status: as of `askbridge ask`: 0 approved or chosen; 1 denied; 2 no answer, never to be read as a no."""
)
@id_argument
@click.option("--wait", type=Duration(), metavar="DURATION", help="How long to wait. Default: until the question ends.")
@url_option
@key_option
@click.option("--json", "as_json", is_flag=True, help="Print the whole interaction as one line of JSON on stdout.")
def wait(*, question_id: str, wait: float | None, url: str, key: str, as_json: bool) -> None:
    """Wait for the answer to a question that was asked before, and print it."""
    try:
        status = asyncio.run(_wait(question_id, within=wait, url=url, key=key, as_json=as_json))
    except (NoAnswer, KeyboardInterrupt) as error:
        terminal.fail(str(error) or "Stopped.", status=ExitStatus.NO_ANSWER)
    except Exception as error:  # noqa: BLE001  -- Python's own status for a crash is 1, which would mean that a person denied
        terminal.fail(f"Something unexpected went wrong ({type(error).__name__}).", status=ExitStatus.NO_ANSWER)
    sys.exit(status)


async def _wait(id: str, *, within: float | None, url: str, key: str, as_json: bool) -> ExitStatus:
    interaction: Json | None = None
    with cancelled_by_signals() as task:
        try:
            async with aiohttp.ClientSession() as http:
                bridge = Bridge(url=url, key=key, http=http)
                interaction = await bridge.call("GET", f"/{id}")
                if not as_json and interaction["status"] == "pending":
                    outcome.note_waiting(interaction)
                interaction = await bridge.end(interaction, within=within)
        except asyncio.CancelledError:
            task.uncancel()
            if interaction is None:
                raise NoAnswer("Stopped; nothing is known of the question.") from None
        except NoAnswer as error:
            if interaction is None:
                raise
            outcome.note(str(error))
        choice = interaction.get("kind") == "choice"
        ended = ExitStatus.ANSWERED if choice and chosen(interaction) else exit_status(interaction)
        outcome.report(interaction, ended, as_json=as_json, names_option=choice)
        return ended
