"""The checks of `askbridge doctor`: pure functions from facts to findings; a failed one says what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from bridge import ids
from bridge.commands.terminal import printable
from bridge.slack.client import Channel
from bridge.slack.errors import BadBlocks, Broken, GiveUp, RetryAfter, SlackFailure
from storage.connections import DegradedConnection
from storage.server import Server

MIN_VERSION = 150000  # PostgreSQL 15
REQUIRED_SCOPES = ("chat:write", "im:write", "users:read")
MAX_SKEW = 60.0  # seconds
PSQL = 'psql "$ASKBRIDGE_DATABASE_URL"'


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


def settings(misspelt: Sequence[tuple[str, str]]) -> Check:
    """Whether no variable is named nearly like a setting; `misspelt` are (name, setting) pairs."""
    if not misspelt:
        return ok("settings", "none has a misspelt name")
    return failed(
        "settings",
        "; ".join(f"no setting has the name {printable(name)}, so it does nothing" for name, _ in misspelt),
        fix="if it was meant, write "
        + "; ".join(f"{intended} for {printable(name)}" for name, intended in misspelt)
        + "; else unset it",
    )


def signing_secret(*, usual: bool) -> Check:
    """Whether the signing secret looks like Slack's; another one is no failure, for a sandbox may have any."""
    if usual:
        return ok("signing secret", "is set")
    return ok(
        "signing secret",
        "is set, but is not 32 hexadecimal digits as Slack's are; unless clicks arrive, copy it again from the app's "
        "page Basic Information (not the client secret, nor the verification token)",
    )


def database(facts: Server) -> Check:
    """Whether the server is a supported PostgreSQL."""
    version = f"PostgreSQL {facts.release}"
    if facts.version < MIN_VERSION:
        return failed("database", f"{version} is too old", fix="upgrade it to PostgreSQL 15 or newer: pg_upgrade")
    return ok("database", version)


def durability(facts: Server) -> Check:
    """Whether an acknowledged click survives a crash of the database's machine."""
    off = facts.forgetful
    if not off:
        return ok("durability", "fsync, synchronous_commit and full_page_writes are on")
    commands = " ".join(f"-c 'alter system set {name} = on'" for name in off)
    return failed(
        "durability",
        f"{' and '.join(off)} {'is' if len(off) == 1 else 'are'} off: a crash can lose answers that were confirmed",
        fix=f"{PSQL} {commands} -c 'select pg_reload_conf()'",
    )


def clock(facts: Server | None, *, ours: float, slack: float | None = None) -> Check:
    """Whether this machine's clock agrees with the database's and Slack's: old signatures are refused.

    `ours` and `slack` are Unix seconds; None: not known.
    """
    others = {"the database": facts.now.timestamp() if facts else None, "Slack": slack}
    apart = {name: ours - theirs for name, theirs in others.items() if theirs is not None}
    if not apart:
        return skipped("clock", "there is no other clock in reach")
    wrong = [
        f"{abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} {name}"
        for name, seconds in apart.items()
        if abs(seconds) > MAX_SKEW
    ]
    if wrong:
        return failed(
            "clock",
            f"this machine is {' and '.join(wrong)}",
            fix="let all machines follow a time server: timedatectl set-ntp true",
        )
    return ok("clock", ", ".join(f"{abs(seconds):.1f} s from {name}'s" for name, seconds in apart.items()))


def scopes(granted: frozenset[str]) -> Check:
    """Whether the token has every required scope."""
    missing = [scope for scope in REQUIRED_SCOPES if scope not in granted]
    if not missing:
        return ok("scopes", ", ".join(REQUIRED_SCOPES))
    return failed(
        "scopes",
        f"the token lacks {', '.join(missing)}",
        fix="add them on the app's page OAuth & Permissions, reinstall the app, and set its token anew: "
        "export ASKBRIDGE_SLACK_BOT_TOKEN=xoxb-…",
    )


def cards(degraded: Sequence[DegradedConnection]) -> Check:
    """Whether some replica can post for every active connection that has cards waiting."""
    unserved = [one for one in degraded if one.cards]
    if not unserved:
        return ok("cards", "none waits for a replica with its workspace's token")
    waiting = ", ".join(
        f"{one.cards} of {printable(one.name)} ({ids.encode('con', one.id)}) since {one.since:%Y-%m-%d %H:%M} UTC"
        for one in unserved
    )
    more = unserved[0].unserved - len(unserved)
    return failed(
        "cards",
        f"no replica can post what waits: {waiting}{f', and of {more} more' if more else ''}",
        fix="give a replica that workspace's bot token: export ASKBRIDGE_SLACK_BOT_TOKEN=xoxb-… && askbridge serve; if "
        "one runs, its log says why Slack does not take it (token_missing, slack_token_refused, slack_awaited)",
    )


def channel(id: str, result: Channel | SlackFailure) -> Check:
    """Whether cards can be posted in a channel; skipped without the scope to read channels, which cards do not need."""
    name = "channel"
    invite = f"write /invite @askbridge in the channel, then: askbridge doctor --channel {id}"
    match result:
        case Broken(code="scope_missing"):
            return skipped(name, f"{id}: the token lacks channels:read (for private ones groups:read); try: {invite}")
        case RetryAfter():
            return failed(name, f"{id}: {result.detail}", fix=f"askbridge doctor --channel {id}, once more")
        case Broken() | GiveUp() | BadBlocks():
            return failed(name, f"{id}: {result.detail}", fix=f"{result.fix} Then: askbridge doctor --channel {id}")
        case Channel(archived=True):
            return failed(
                name, f"{id} (#{printable(result.name)}) is archived", fix="unarchive it, or ask in another one"
            )
        case Channel(joined=False):
            return failed(name, f"the bot is not in {id} (#{printable(result.name)})", fix=invite)
        case Channel():
            return ok(name, f"the bot is in {id} (#{printable(result.name)})")
        case _:
            assert_never(result)
