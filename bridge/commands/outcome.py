"""What a command prints about an interaction while it waits, and at the end."""

import contextlib

import click

from bridge.commands import terminal
from bridge.commands.answers import Result
from bridge.commands.client import NoAnswer
from storage.model import Json


def note(text: str) -> None:
    """Print to stderr; a failed write, as on a full disk, is ignored and does not change the exit status."""
    with contextlib.suppress(OSError):
        click.echo(text, err=True)


def note_waiting(interaction: Json) -> None:
    """Say on stderr where the cards are and until when the question can be answered."""
    for card in interaction.get("cards") or []:
        if line := _card(card):
            note(terminal.one_line(line))
    note(terminal.one_line(f"waiting until {interaction.get('expires_at')}; Ctrl-C leaves it open …"))


def _card(card: Json) -> str | None:
    if card.get("permalink"):
        return f"card: {card['permalink']}"
    if isinstance(reason := card.get("reason"), dict):
        return f"card: not posted yet ({reason.get('detail')}). {reason.get('fix')}"
    return None


def report(interaction: Json, result: Result, *, as_json: bool) -> None:
    """Print the outcome on stdout; raises NoAnswer when it cannot be written, since its reader then has no answer.

    A result with values prints only these on stdout, for a shell to read, and the message on stderr.
    """
    message = terminal.one_line(interaction["message"])
    try:
        if as_json:
            terminal.print_json(interaction)
        elif result.values is None:
            click.echo(message)
        else:
            note(message)
            for value in result.values:
                terminal.print_text(value)
    except OSError as error:
        raise NoAnswer(f"This cannot be written to stdout ({error.strerror}): {message}") from None
    if interaction["status"] == "pending":
        note(f"It is still open. Wait for it again: askbridge wait {interaction['id']}")
