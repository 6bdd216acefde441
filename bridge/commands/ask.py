"""`askbridge ask`: opens one interaction from a shell, waits, and ends with the answer as exit status."""

from typing import BinaryIO

import click

from bridge.commands import addresses, answering, outcome, terminal
from bridge.commands.addresses import Names
from bridge.commands.answers import ExitStatus
from bridge.commands.ask_options import AskOptions
from bridge.commands.bridge_options import Duration, an_origin, key_option, url_option
from bridge.commands.client import Bridge
from bridge.commands.word_options import word_options
from storage import json_text
from storage.model import Json


def _pairs(_: click.Context, option: click.Parameter, texts: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Each text NAME=VALUE as a pair."""
    pairs = []
    for text in texts:
        name, separator, value = text.partition("=")
        if not name.strip() or not separator:
            raise click.BadParameter(f"{text!r} must have the form {option.metavar}.")
        pairs.append((name.strip(), value))
    return tuple(pairs)


def _options(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Each option as (name, label)."""
    options = []
    for text in texts:
        name, separator, label = text.partition("=")
        if not name or any(character.isspace() for character in name):
            raise click.BadParameter(f"{text!r} must begin with a name for the answer, as in roll-back='Roll it back'.")
        options.append((name, label if separator else name))
    return tuple(options)


def _arguments(
    context: click.Context, option: click.Parameter, texts: tuple[str, ...]
) -> tuple[tuple[str, object], ...]:
    """Each argument with its value: the text behind `=`, or the JSON behind `:=`."""
    return tuple(
        (name.removesuffix(":"), _json(value) if name.endswith(":") else value)
        for name, value in _pairs(context, option, texts)
    )


def _full(_: click.Context, __: click.Parameter, file: BinaryIO | None) -> str | None:
    """The text of a file, byte for byte: the digest of what people agree to is that of the file."""
    try:
        return file.read().decode() if file is not None else None
    except UnicodeDecodeError as error:
        raise click.BadParameter(f"{file.name if file else ''!r} is not UTF-8 (byte {error.start}).") from None


def _metadata(_: click.Context, __: click.Parameter, text: str | None) -> Json:
    value = _json(text) if text is not None else {}
    if not isinstance(value, dict):
        raise click.BadParameter("must be a JSON object, such as '{\"ticket\": 7}'.")
    return value


def _json(text: str) -> object:
    try:
        return json_text.loads(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not JSON.") from None


@click.command(
    epilog="""\b
Examples:
  askbridge ask 'Deploy 1.4?' --to U012AB3CD --approve
  askbridge ask 'Deploy 1.4?' --to C012AB3CD --responder U012AB3CD --approve --wait 10m
  askbridge ask 'Drop the table?' --to C012AB3CD --anyone --approve --expires-in 1h --on-expiry deny && ./drop-table
  askbridge ask 'Deploy 1.4?' --to @ana --approve --slack-url http://127.0.0.1:4000
  askbridge ask 'Deploy?' --to U012AB3CD --approve --action deploy --argument version=1.4 --argument retries:=3 \\
    --fact 'Open incidents=none' --run "$CI_JOB_ID" --idempotency-key "deploy-$CI_JOB_ID"
  to=$(askbridge ask 'Where to?' --to U012AB3CD --option staging --option eu='Europe, live') && ./deploy "$to"
  askbridge ask 'Refund order 4711?' --to U012AB3CD --approve --comment deny --comment approve=optional --respond
  askbridge ask 'Restart which?' --to U012AB3CD --option api --option web --option cron --multiple=1-2 | xargs ./restart
  name=$(askbridge ask 'Name it' --to U012AB3CD --text --suggest Falcon --decline --max-length 40) && ./name "$name"
  askbridge ask 'Before I begin' --to U012AB3CD --questions questions.json | jq -r .region.option
  askbridge ask 'Deploy to?' --to U012AB3CD --form schema.json --initial '{"replicas": 2}' | ./deploy
  askbridge ask 'Refund?' --to U012AB3CD --approve --action refund --argument amount:=89 --edit | ./refund

\b
Exit status:
  0  approved; or options were chosen, and stdout has only their names, one a line; or a text was given, and stdout
     has only the text: as it was written, or on a terminal without what a terminal would obey; or questions were
     answered or a form was filled in, and stdout has only the answers or values, as one line of JSON; or approved with
     --edit, and stdout has only the arguments that were approved, as one line of JSON
  1  denied; or with --decline, a person declined to answer
  2  no answer: a reply (--respond), expired, cancelled, superseded, unreachable, still open after --wait or Ctrl-C,
     the bridge not reachable, or wrong usage. This is never a denial."""
)
@click.argument("title")
@click.option(
    "--to",
    required=True,
    multiple=True,
    metavar="ADDRESS",
    help="Recipient: U… or @name for a person, C… or #name for a channel; may be repeated.",
)
@click.option("--approve", is_flag=True, help="Ask for an approval, with the buttons Approve and Deny.")
@click.option(
    "--option",
    "options",
    type=click.UNPROCESSED,
    callback=_options,
    multiple=True,
    metavar="NAME[=LABEL]",
    help="Ask for a choice: the name of an option, and its label if it differs; repeat for each option.",
)
@click.option("--danger", multiple=True, metavar="NAME", help="An option with a red button and a confirmation dialog.")
@click.option(
    "--confirm",
    callback=_pairs,
    multiple=True,
    metavar="NAME=TEXT",
    help="The text of an option's confirmation dialog.",
)
@word_options
@click.option("--body", metavar="MARKDOWN", help="Details, shown below the title.")
@click.option("--action", metavar="NAME", help="The name of what will run if a person agrees, such as deploy.")
@click.option(
    "--argument",
    "arguments",
    callback=_arguments,
    multiple=True,
    metavar="NAME=TEXT",
    help="An argument of the action, as text; NAME:=JSON for a number, a list or true; may be repeated.",
)
@click.option(
    "--full",
    type=click.File("rb"),
    callback=_full,
    metavar="FILE",
    help="The full text of the action, such as a diff or a script: UTF-8, up to 100 KB; - for stdin.",
)
@click.option(
    "--fact",
    "facts",
    callback=_pairs,
    multiple=True,
    metavar="NAME=VALUE",
    help="A fact that helps people decide; up to ten.",
)
@click.option(
    "--responder",
    "responders",
    multiple=True,
    metavar="USER",
    help="Who can answer: U… or @name; may be repeated. Default: the recipients. A channel needs this or --anyone.",
)
@click.option("--anyone", is_flag=True, help="Anyone who can see the card can answer.")
@click.option(
    "--outsiders", is_flag=True, help="People from other organizations can answer too, if they are responders."
)
@click.option(
    "--expires-in",
    type=Duration(min=60, max=2_592_000),
    metavar="DURATION",
    help="Time until the deadline: seconds, or 15m, 1h, 2d. Default: a day.",
)
@click.option(
    "--on-expiry",
    metavar="ANSWER",
    help="The default answer at the deadline: approve, deny, the name of an option, a --suggest text, or decline.",
)
@click.option("--agent", metavar="NAME", help="The agent's name; shown as not verified, beside the name of the key.")
@click.option("--run", metavar="ID", help="The id of the agent's run; `askbridge list --run` finds its questions.")
@click.option("--agent-url", metavar="URL", help="A page about the run, linked on the card.")
@click.option("--on-behalf-of", metavar="USER", help="The person on whose behalf the agent asks; only shown.")
@click.option("--connection", metavar="CON_ID", help="The Slack workspace, if the organization has several.")
@click.option("--supersedes", metavar="ID", help="A pending question that this one replaces.")
@click.option("--callback", metavar="URL", help="A URL that receives a webhook once the question has ended.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A label to find the question by; may be repeated.")
@click.option("--metadata", callback=_metadata, metavar="JSON", help="An object that is returned with the question.")
@click.option(
    "--idempotency-key",
    metavar="KEY",
    help="Repeated runs with the same key and the same question ask only once.",
)
@click.option(
    "--wait",
    type=Duration(),
    metavar="DURATION",
    help="How long to wait for the answer. Default: until the question ends.",
)
@url_option
@key_option
@click.option(
    "--slack-url", type=an_origin, metavar="URL", help="The sandbox Slack of `askbridge dev`, which knows names."
)
@click.option("--json", "as_json", is_flag=True, help="Print the whole interaction as one line of JSON on stdout.")
def ask(*, approve: bool, **values: object) -> None:
    """Ask people in Slack about TITLE, wait for one answer, print it."""
    kinds = [approve, bool(values["options"]), bool(values["text"])]
    kinds += [values["questions"] is not None, values["form"] is not None]
    if kinds.count(True) != 1:
        raise click.UsageError(
            "Give one of these: --approve, --option for each option, --text, --questions FILE or --form FILE."
        )
    options = AskOptions(**values)  # type: ignore[arg-type]  # the options above are its fields

    async def begin(bridge: Bridge) -> Json:
        names = await addresses.of_sandbox(options.slack_url, bridge.http) if options.slack_url else Names()
        interaction = await bridge.ask(options.body_for(names), idempotency_key=options.idempotency_key)
        if not options.as_json and interaction["status"] == "pending":
            outcome.note(f"asked {', '.join(options.to)} ({interaction['id']})")
            if _is_held_up(interaction):
                outcome.note(terminal.one_line(interaction["message"]))
        return interaction

    def finish(interaction: Json) -> ExitStatus:
        result = options.result(interaction)
        outcome.report(interaction, result, as_json=options.as_json)
        return result.status

    answering.end_with(
        answering.follow(
            options.url, options.key, begin=begin, finish=finish, within=options.wait, as_json=options.as_json
        ),
        interrupted="Stopped before the bridge confirmed the question; it may be open nevertheless.",
    )


def _is_held_up(interaction: Json) -> bool:
    """Whether no card is posted, for a known reason, which the message says."""
    listed = interaction.get("cards")
    cards = [card for card in listed if isinstance(card, dict)] if isinstance(listed, list) else []
    return any(card.get("reason") for card in cards) and not any(card.get("ts") for card in cards)
