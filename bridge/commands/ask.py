"""`askbridge ask`: one question from a shell, and its answer as an exit status that never lies."""

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
from storage.model import Json


class Interrupted(Exception):
    """Ctrl-C, or SIGTERM."""


def an_origin(value: str) -> str:
    """Read an argument that is the address of a server."""
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.query and not parts.fragment
        _ = parts.port
    except ValueError:
        usable = False
    if not usable or not value.isprintable() or " " in value:
        raise click.BadParameter("must be an address that starts with http:// or https://.")
    return value.rstrip("/")


def _a_key(value: str) -> str:
    if not value.startswith("askb_") or not value.isascii() or not value.isprintable() or " " in value:
        raise click.BadParameter("must be an API key, which starts with askb_ (askbridge keys create NAME).")
    return value


def _options(_: click.Context, __: click.Parameter, typed: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Each as its name and its label."""
    read = []
    for text in typed:
        name, named, label = text.partition("=")
        if not name or any(character.isspace() for character in name):
            raise click.BadParameter(f"{text!r} must begin with a name for the answer, as in roll-back='Roll it back'.")
        read.append((name, label if named else name))
    return tuple(read)


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
def ask(*, approve: bool, **typed: object) -> None:
    """Ask people in Slack about TITLE, wait for one answer, print it."""
    if approve == bool(typed["options"]):
        raise click.UsageError(
            "Say what is asked for: either --approve, or --option for everything there is to choose."
        )
    wish = AskOptions(**typed)  # type: ignore[arg-type]  # the options above are its fields
    try:
        ended = asyncio.run(_ask(wish))
    except (NoAnswer, Unknown) as error:
        terminal.fail(str(error), status=ExitStatus.NO_ANSWER)
    except (Interrupted, KeyboardInterrupt):
        terminal.fail(
            "Stopped before the bridge had confirmed the question; it may be open there all the same.",
            status=ExitStatus.NO_ANSWER,
        )
    except Exception as error:  # noqa: BLE001  -- Python's own status for a crash is 1, which would read as a no
        terminal.fail(f"Something unexpected went wrong ({type(error).__name__}).", status=ExitStatus.NO_ANSWER)
    sys.exit(ended)


async def _ask(wish: AskOptions) -> ExitStatus:
    asked: Json | None = None
    with _cancelled_by_signals() as task:
        try:
            async with aiohttp.ClientSession() as http:
                names = await addresses.of_sandbox(wish.slack_url, http) if wish.slack_url else Names()
                bridge = Bridge(url=wish.url, key=wish.key, http=http)
                asked = await bridge.ask(wish.body_for(names))
                if not wish.as_json and asked["status"] == "pending":
                    to = ", ".join(wish.to)
                    _note(f"asked {to} ({asked['id']}); waiting, Ctrl-C leaves it open …")
                asked = await bridge.end(asked, within=wish.wait)
        except asyncio.CancelledError:
            task.uncancel()
            if asked is None:
                raise Interrupted from None
        except NoAnswer as error:
            if asked is None:
                raise
            _note(str(error))
        try:
            _print(asked, wish)
        except OSError as error:  # whoever reads it has no answer, so the exit status gives none either
            raise NoAnswer(f"This cannot be written to stdout ({error.strerror}): {asked['message']}") from None
        return wish.outcome(asked)


def _print(ended: Json, wish: AskOptions) -> None:
    if wish.as_json:
        click.echo(json.dumps(ended))
    elif not wish.options:
        click.echo(ended["message"])
    else:
        _note(ended["message"])
        if wish.outcome(ended) is ExitStatus.ANSWERED:
            click.echo(ended["answer"]["option"])
    if ended["status"] == "pending":
        _note(
            f"It is still open. Look again:\n  curl -s '{wish.url}/v1/interactions/{ended['id']}?wait=60' "
            '-H "Authorization: Bearer $ASKBRIDGE_KEY"'
        )


def _note(words: str) -> None:
    """Tell stderr. That it may take nothing, as on a full disk, changes no answer."""
    with contextlib.suppress(OSError):
        click.echo(words, err=True)


@contextlib.contextmanager
def _cancelled_by_signals() -> Iterator[asyncio.Task[object]]:
    """From here on Ctrl-C and SIGTERM cancel what is awaited, and nothing else: a question's id must not get lost."""
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
