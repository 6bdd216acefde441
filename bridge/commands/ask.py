"""`askbridge ask`: opens one interaction from a shell, waits, and ends with the answer as exit status."""

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import aiohttp
import click

from bridge.commands import addresses, terminal
from bridge.commands.addresses import Names, Unknown
from bridge.commands.ask_options import AskOptions, ExitStatus
from bridge.commands.asking import Bridge, NoAnswer
from bridge.server.setting_text import unwrapped
from storage.model import Json


class Interrupted(Exception):
    """Ctrl-C or SIGTERM before the bridge confirmed the interaction."""


def an_origin(value: str) -> str:
    """The reader of an argument that is the URL of a server, without a trailing slash."""
    value = unwrapped(value)
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.query and not parts.fragment
        has_user = "@" in parts.netloc
        _ = parts.port
    except ValueError:
        usable = has_user = False
    if not usable or not value.isprintable() or " " in value:
        raise click.BadParameter("must be an address that starts with http:// or https://.")
    if has_user:
        raise click.BadParameter("must be an address without a user or a password (what stands before the @).")
    return value.rstrip("/")


def _a_key(value: str) -> str:
    value = unwrapped(value)
    if not value.startswith("askb_") or not value.isascii() or not value.isprintable() or " " in value:
        raise click.BadParameter("must be an API key, which starts with askb_ (askbridge keys create NAME).")
    return value


def _options(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Each option as (name, label)."""
    options = []
    for text in texts:
        name, separator, label = text.partition("=")
        if not name or any(character.isspace() for character in name):
            raise click.BadParameter(f"{text!r} must begin with a name for the answer, as in roll-back='Roll it back'.")
        options.append((name, label if separator else name))
    return tuple(options)


@click.command(
    epilog="""\b
Examples:
  askbridge ask 'Deploy 1.4?' --to U012AB3CD --approve
  askbridge ask 'Deploy 1.4?' --to C012AB3CD --responder U012AB3CD --approve --wait 600
  askbridge ask 'Drop the table?' --to C012AB3CD --anyone --approve && ./drop-table
  askbridge ask 'Deploy 1.4?' --to @ana --approve --slack-url http://127.0.0.1:4000
  to=$(askbridge ask 'Where to?' --to U012AB3CD --option staging --option eu='Europe, live') && ./deploy "$to"

\b
Exit status:
  0  approved; or an option was chosen, and its name is all that stands on stdout
  1  denied
  2  no answer: expired, cancelled, superseded, unreachable, still open after --wait or Ctrl-C, the bridge
     not reachable, or typed wrongly. Never read it as a no."""
)
@click.argument("title")
@click.option(
    "--to",
    required=True,
    multiple=True,
    metavar="ADDRESS",
    help="Whom to ask: U… or @name for a person, C… or #name for a channel; may be repeated.",
)
@click.option("--approve", is_flag=True, help="Ask for an approval: one button for yes, one for no.")
@click.option(
    "--option",
    "options",
    type=click.UNPROCESSED,
    callback=_options,
    multiple=True,
    metavar="NAME[=LABEL]",
    help="Ask for a choice: a name for the answer and what people see, if it is not the same; once for each option.",
)
@click.option("--body", metavar="MARKDOWN", help="More about it, below the title.")
@click.option(
    "--responder",
    "responders",
    multiple=True,
    metavar="USER",
    help="Who may answer: U… or @name; may be repeated. Default: the people asked. A channel needs it, or --anyone.",
)
@click.option("--anyone", is_flag=True, help="Everybody who can see the card may answer.")
@click.option(
    "--expires-in",
    type=terminal.WholeNumber(60, 2_592_000),
    metavar="SECONDS",
    help="How long it may be answered. Default: a day.",
)
@click.option(
    "--wait",
    type=terminal.Seconds(min=0),
    metavar="SECONDS",
    help="How long to wait for the answer. Default: until the question ends.",
)
@click.option(
    "--url", required=True, metavar="URL", envvar="ASKBRIDGE_URL", show_envvar=True, type=an_origin, help="The bridge."
)
@click.option(
    "--key",
    required=True,
    metavar="KEY",
    envvar="ASKBRIDGE_KEY",
    show_envvar=True,
    type=_a_key,
    help="The API key. Better set it in the environment: other users of the machine can read what is typed.",
)
@click.option(
    "--slack-url", type=an_origin, metavar="URL", help="The sandbox Slack of `askbridge dev`, which knows names."
)
@click.option("--json", "as_json", is_flag=True, help="Print the whole interaction as one line of JSON on stdout.")
def ask(*, approve: bool, **values: object) -> None:
    """Ask people in Slack about TITLE, wait for one answer, print it."""
    if approve == bool(values["options"]):
        raise click.UsageError(
            "Say what is asked for: either --approve, or --option for everything there is to choose."
        )
    options = AskOptions(**values)  # type: ignore[arg-type]  # the options above are its fields
    try:
        status = asyncio.run(_ask(options))
    except (NoAnswer, Unknown) as error:
        terminal.fail(str(error), status=ExitStatus.NO_ANSWER)
    except (Interrupted, KeyboardInterrupt):
        terminal.fail(
            "Stopped before the bridge had confirmed the question; it may be open there all the same.",
            status=ExitStatus.NO_ANSWER,
        )
    except Exception as error:  # noqa: BLE001  -- Python's own status for a crash is 1, which would mean that a person denied
        terminal.fail(f"Something unexpected went wrong ({type(error).__name__}).", status=ExitStatus.NO_ANSWER)
    sys.exit(status)


async def _ask(options: AskOptions) -> ExitStatus:
    interaction: Json | None = None
    with _cancelled_by_signals() as task:
        try:
            async with aiohttp.ClientSession() as http:
                names = await addresses.of_sandbox(options.slack_url, http) if options.slack_url else Names()
                bridge = Bridge(url=options.url, key=options.key, http=http)
                interaction = await bridge.ask(options.body_for(names))
                if not options.as_json and interaction["status"] == "pending":
                    to = ", ".join(options.to)
                    _note(f"asked {to} ({interaction['id']}); waiting, Ctrl-C leaves it open …")
                    if _is_held_up(interaction):
                        _note(terminal.one_line(interaction["message"]))
                interaction = await bridge.end(interaction, within=options.wait)
        except asyncio.CancelledError:
            task.uncancel()
            if interaction is None:
                raise Interrupted from None
        except NoAnswer as error:
            if interaction is None:
                raise
            _note(str(error))
        try:
            _print(interaction, options)
        except OSError as error:  # the reader of stdout gets no answer, so the exit status must not be one either
            message = terminal.one_line(interaction["message"])
            raise NoAnswer(f"This cannot be written to stdout ({error.strerror}): {message}") from None
        return options.exit_status(interaction)


def _is_held_up(interaction: Json) -> bool:
    """Whether a card is not posted for a known reason, which the interaction's message says if none is."""
    cards = interaction.get("cards")
    return isinstance(cards, list) and any(
        isinstance(card, dict) and card.get("reason") and not card.get("ts") for card in cards
    )


def _print(interaction: Json, options: AskOptions) -> None:
    if options.as_json:
        click.echo(json.dumps(interaction))
    elif not options.options:
        click.echo(terminal.one_line(interaction["message"]))
    else:
        _note(terminal.one_line(interaction["message"]))
        if options.exit_status(interaction) is ExitStatus.ANSWERED:
            click.echo(interaction["answer"]["option"])
    if interaction["status"] == "pending":
        _note(
            f"It is still open. Look again:\n  curl -s '{options.url}/v1/interactions/{interaction['id']}?wait=50' "
            '-H "Authorization: Bearer $ASKBRIDGE_KEY"'
        )


def _note(text: str) -> None:
    """Print to stderr; a failed write, as on a full disk, is ignored and does not change the exit status."""
    with contextlib.suppress(OSError):
        click.echo(text, err=True)


@contextlib.contextmanager
def _cancelled_by_signals() -> Iterator[asyncio.Task[object]]:
    """Ctrl-C and SIGTERM cancel the current task, so that it can still print the id of the interaction."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    if task is None:
        raise RuntimeError("no task runs this")
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        yield task
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
