"""The checks of `askbridge doctor`: pure functions from facts to findings; a failed one says what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from bridge import ids
from bridge.commands.terminal import printable
from bridge.slack.client import Channel
from bridge.slack.errors import BadBlocks, Broken, GiveUp, RetryAfter, SlackFailure
from storage import errors
from storage.connections import DegradedConnection
from storage.server import Server

MIN_VERSION = 150000  # PostgreSQL 15
REQUIRED_SCOPES = ("chat:write", "im:write", "users:read")
MAX_SKEW = 60.0  # seconds
PSQL = 'psql "$ASKBRIDGE_DATABASE_URL"'
NO_DATABASE = "the database cannot be used"  # why a check is skipped


class State(StrEnum):
    """The result of a check."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One finding."""

    name: str
    state: State
    detail: str
    fix: str | None = None  # of a failed check: what to do, and the command


def ok(name: str, detail: str) -> Check:
    """The finding of a check that passed."""
    return Check(name=name, state=State.OK, detail=detail)


def failed(name: str, detail: str, *, fix: str) -> Check:
    """The finding of a check that failed; `fix` says what to do."""
    return Check(name=name, state=State.FAILED, detail=detail, fix=fix)


def skipped(name: str, detail: str) -> Check:
    """The finding of a check that could not run, or had nothing to examine."""
    return Check(name=name, state=State.SKIPPED, detail=detail)


def no_answer(name: str, error: errors.Unavailable) -> Check:
    """The finding of a check during which the database stopped answering."""
    return failed(name, f"the database stopped answering ({error.cause})", fix="run it again: askbridge doctor")


def settings(misspelt: Sequence[tuple[str, str]]) -> Check:
    """Whether no variable is named nearly like a setting; `misspelt` are (name, setting) pairs."""
    if not misspelt:
        return ok("settings", "no variable has a misspelt name")
    return failed(
        "settings",
        "; ".join(f"{printable(name)} is not a setting, so it has no effect" for name, _ in misspelt),
        fix="; ".join(
            f"rename {printable(name)} to {intended} if you meant that, or unset it" for name, intended in misspelt
        ),
    )


def signing_secret(*, usual: bool) -> Check:
    """Whether the signing secret looks like Slack's; another one is no failure, for a sandbox may have any."""
    if usual:
        return ok("signing secret", "is set")
    return ok(
        "signing secret",
        "is set, but is not 32 hexadecimal digits as Slack's are. If no clicks arrive, copy the Signing Secret again "
        "from the app's page Basic Information (not the Client Secret or the Verification Token)",
    )


def database(facts: Server) -> Check:
    """Whether the server is a supported PostgreSQL."""
    version = f"PostgreSQL {facts.release}"
    if facts.version < MIN_VERSION:
        return failed("database", f"{version} is too old", fix="upgrade the server to PostgreSQL 15 or newer")
    return ok("database", version)


def durability(facts: Server) -> Check:
    """Whether an acknowledged click survives a crash of the database's machine."""
    off = facts.forgetful
    if not off:
        return ok("durability", "fsync, synchronous_commit and full_page_writes are on")
    commands = " ".join(f"-c 'alter system set {name} = on'" for name in off)
    return failed(
        "durability",
        f"{' and '.join(off)} {'is' if len(off) == 1 else 'are'} off, so a crash can lose confirmed answers",
        fix=f"{PSQL} {commands} -c 'select pg_reload_conf()'",
    )


def clock(*, database: float | None, slack: float | None = None) -> Check:
    """Whether this machine's clock agrees with the database's and Slack's: old signatures are refused.

    Each is how many seconds this machine was ahead when that clock was read; None: not known.
    """
    others = {"the database": database, "Slack": slack}
    apart = {name: seconds for name, seconds in others.items() if seconds is not None}
    if not apart:
        return skipped("clock", "neither the database nor Slack could be asked for the time")
    wrong = [
        f"{abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} {name}"
        for name, seconds in apart.items()
        if abs(seconds) > MAX_SKEW
    ]
    if wrong:
        return failed(
            "clock",
            f"the clock of this machine is {' and '.join(wrong)}",
            fix="synchronize the clocks of all machines with a time server: timedatectl set-ntp true",
        )
    return ok("clock", ", ".join(f"{abs(seconds):.1f} s away from {name}'s" for name, seconds in apart.items()))


def scopes(granted: frozenset[str]) -> Check:
    """Whether the token has every required scope."""
    missing = [scope for scope in REQUIRED_SCOPES if scope not in granted]
    if not missing:
        return ok("scopes", ", ".join(REQUIRED_SCOPES))
    return failed(
        "scopes",
        f"the bot token lacks {', '.join(missing)}",
        fix="add them on the app's page OAuth & Permissions, reinstall the app, and set the new token: "
        "export ASKBRIDGE_SLACK_BOT_TOKEN=xoxb-…",
    )


def cards(degraded: Sequence[DegradedConnection]) -> Check:
    """Whether some replica can post for every active connection that has cards waiting."""
    unserved = [one for one in degraded if one.cards]
    if not unserved:
        return ok("cards", "no card waits for a bot token")
    waiting = ", ".join(
        f"{one.cards} of {printable(one.name)} ({ids.encode('con', one.id)}), since {one.since:%Y-%m-%d %H:%M} UTC"
        for one in unserved
    )
    more = unserved[0].unserved - len(unserved)
    return failed(
        "cards",
        f"cards wait, and no replica has a working bot token for them: {waiting}"
        f"{f', and cards of {more} more connections' if more else ''}",
        fix="start a replica with the bot token of that workspace: export ASKBRIDGE_SLACK_BOT_TOKEN=xoxb-… && "
        "askbridge serve. If a replica has it, its log says why Slack does not accept it: look for token_missing, "
        "slack_token_refused and slack_awaited",
    )


def channel(id: str, result: Channel | SlackFailure) -> Check:
    """Whether cards can be posted in a channel; skipped without the scope to read channels, which cards do not need."""
    name = "channel"
    again = f"askbridge doctor --channel {id}"
    invite = f"write /invite @askbridge in the channel, then run: {again}"
    match result:
        case Broken(code="scope_missing"):
            return skipped(
                name,
                f"{id}: the bot token lacks channels:read (for private channels groups:read), so the channel cannot be "
                "looked up. Cards do not need that scope. To see whether they arrive there: "
                f"askbridge doctor --click {id}",
            )
        case RetryAfter():
            return failed(name, f"{id}: {result.detail}", fix=f"run it again: {again}")
        case Broken() | GiveUp() | BadBlocks():
            return failed(name, f"{id}: {result.detail}", fix=f"{result.fix} Then run: {again}")
        case Channel(archived=True):
            return failed(
                name, f"{id} (#{printable(result.name)}) is archived", fix="unarchive it, or ask in another channel"
            )
        case Channel(joined=False):
            return failed(name, f"the bot is not in {id} (#{printable(result.name)})", fix=invite)
        case Channel():
            return ok(name, f"the bot is in {id} (#{printable(result.name)})")
        case _:
            assert_never(result)
