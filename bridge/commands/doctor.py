"""`askbridge doctor`: prints a finding for each check, and for a failed one the command that fixes it."""

import asyncio
import contextlib
import dataclasses
import re
import sys

import click

from bridge.commands import button_check, examination, terminal
from bridge.commands.bridge_options import Duration, an_origin
from bridge.commands.button_check import ButtonCheck
from bridge.commands.checks import Check, State


def a_channel(value: str) -> str:
    """The reader of an argument that is the id of a channel."""
    if not re.fullmatch("[CG][A-Z0-9]{1,30}", value):
        raise click.BadParameter(
            f"{value!r} is not a channel id (C…); Slack shows it at the end of the channel's details."
        )
    return value


@click.command(
    epilog="""\b
Examples:
  askbridge doctor
  askbridge doctor --url https://bridge.example.com/slack/events --channel C012AB3CD
  askbridge doctor --click C012AB3CD --wait 60
  askbridge doctor --json

Exit status: 0 all checks passed; 1 a check failed, and its line says how to fix it; 2 wrong usage."""
)
@click.option(
    "--url",
    type=an_origin,
    metavar="URL",
    help="Where Slack sends clicks, the app's interactivity URL. Default: not checked.",
)
@click.option(
    "--channel",
    "channels",
    type=a_channel,
    multiple=True,
    metavar="CHANNEL",
    help="A channel (C…) in which the bot must be; may be repeated. Default: not checked.",
)
@click.option(
    "--click",
    "click_in",
    type=a_channel,
    metavar="CHANNEL",
    help="A channel (C…) to post a card with a button in, through the running bridge, and wait for a click. "
    "Default: not tried.",
)
@click.option(
    "--wait",
    type=Duration(min=1, max=3600),
    default=button_check.WAIT_SECONDS,
    metavar="DURATION",
    help="How long --click waits for a click, in seconds. Default: 120.",
)
@terminal.json_option
def doctor(*, url: str | None, channels: tuple[str, ...], click_in: str | None, wait: float, as_json: bool) -> None:
    """Check the settings, the database, Slack and the path of a click, in this order.

    Without --click it changes nothing and posts nothing. One line for each finding: ok, failed or skipped.
    """
    button = ButtonCheck(channel=click_in, seconds=wait, tell=_tell) if click_in else None
    findings = asyncio.run(_examine(url, channels, button, as_json=as_json))
    passed = all(check.state is not State.FAILED for check in findings)
    if as_json:
        terminal.print_json({"ok": passed, "checks": [dataclasses.asdict(check) for check in findings]})
    sys.exit(0 if passed else 1)


def _tell(text: str) -> None:
    """Print to stderr; a failed write is no finding."""
    with contextlib.suppress(OSError):
        click.echo(text, err=True)


async def _examine(
    url: str | None, channels: tuple[str, ...], button: ButtonCheck | None, *, as_json: bool
) -> list[Check]:
    findings = []
    async for check in examination.examine(url=url, channels=channels, button=button):
        findings.append(check)
        if not as_json:
            click.echo(line(check))
    return findings


def line(check: Check) -> str:
    """The finding as one line of output."""
    fix = f". To fix it: {check.fix}" if check.fix else ""
    return f"{check.state.value:<8}{check.name}: {terminal.one_line(check.detail).rstrip('.')}{fix}"
