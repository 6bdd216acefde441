"""Findings of the doctor, and its judgment of what was seen: pure, and each says what to do when it is not right."""

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from bridge.slack.client import Channel
from bridge.slack.errors import BadBlocks, Broken, GiveUp, RetryAfter, SlackFailure
from storage.server import Server

OLDEST = 150000  # PostgreSQL 15
NEEDED = ("chat:write", "im:write", "users:read")
SKEW_SECONDS = 60.0
PSQL = 'psql "$ASKBRIDGE_DATABASE_URL"'


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One finding."""

    name: str
    state: State
    detail: str
    fix: str | None = None  # what to do, and the command, for whatever failed


def ok(name: str, detail: str) -> Check:
    """It is as it should be."""
    return Check(name=name, state=State.OK, detail=detail)


def failed(name: str, detail: str, *, fix: str) -> Check:
    """It is not."""
    return Check(name=name, state=State.FAILED, detail=detail, fix=fix)


def skipped(name: str, detail: str) -> Check:
    """It could not be examined, or there is nothing to examine."""
    return Check(name=name, state=State.SKIPPED, detail=detail)


def database(seen: Server) -> Check:
    """Whether it is a PostgreSQL we support."""
    version = f"PostgreSQL {seen.release}"
    if seen.version < OLDEST:
        return failed("database", f"{version} is too old", fix="upgrade it to PostgreSQL 15 or newer: pg_upgrade")
    return ok("database", version)


def durability(seen: Server) -> Check:
    """Whether an acknowledged click survives a crash of the database's machine."""
    off = seen.forgetful
    if not off:
        return ok("durability", "fsync, synchronous_commit and full_page_writes are on")
    commands = " ".join(f"-c 'alter system set {name} = on'" for name in off)
    return failed(
        "durability",
        f"{' and '.join(off)} {'is' if len(off) == 1 else 'are'} off: a crash can lose answers that were confirmed",
        fix=f"{PSQL} {commands} -c 'select pg_reload_conf()'",
    )


def clock(seen: Server | None, *, ours: float, slack: float | None = None) -> Check:
    """Whether this machine agrees on the time with the database, and with Slack, whose signatures have an age."""
    others = {"the database": seen.now.timestamp() if seen else None, "Slack": slack}
    apart = {name: ours - theirs for name, theirs in others.items() if theirs is not None}
    if not apart:
        return skipped("clock", "there is no other clock in reach")
    wrong = [
        f"{abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} {name}"
        for name, seconds in apart.items()
        if abs(seconds) > SKEW_SECONDS
    ]
    if wrong:
        return failed(
            "clock",
            f"this machine is {' and '.join(wrong)}",
            fix="let all machines follow a time server: timedatectl set-ntp true",
        )
    return ok("clock", ", ".join(f"{abs(seconds):.1f} s from {name}'s" for name, seconds in apart.items()))


def scopes(granted: frozenset[str]) -> Check:
    """Whether the token may do all that the bridge does."""
    missing = [scope for scope in NEEDED if scope not in granted]
    if not missing:
        return ok("scopes", ", ".join(NEEDED))
    return failed(
        "scopes",
        f"the token lacks {', '.join(missing)}",
        fix="add them on the app's page OAuth & Permissions, reinstall the app, and set its token anew: "
        "export ASKBRIDGE_SLACK_BOT_TOKEN=xoxb-…",
    )


def channel(id: str, seen: Channel | SlackFailure) -> Check:
    """Whether cards can be posted in a channel; skipped where the token may not look, which no card needs."""
    name = "channel"
    invite = f"write /invite @askbridge in the channel, then: askbridge doctor --channel {id}"
    match seen:
        case Broken(code="scope_missing"):
            return skipped(name, f"{id}: the token lacks channels:read (for private ones groups:read); try: {invite}")
        case RetryAfter():
            return failed(name, f"{id}: {seen.detail}", fix=f"askbridge doctor --channel {id}, once more")
        case Broken() | GiveUp() | BadBlocks():
            return failed(name, f"{id}: {seen.detail}", fix=f"{seen.fix} Then: askbridge doctor --channel {id}")
        case Channel(archived=True):
            return failed(name, f"{id} (#{visible(seen.name)}) is archived", fix="unarchive it, or ask in another one")
        case Channel(joined=False):
            return failed(name, f"the bot is not in {id} (#{visible(seen.name)})", fix=invite)
        case Channel():
            return ok(name, f"the bot is in {id} (#{visible(seen.name)})")
        case _:
            assert_never(seen)


def visible(text: str) -> str:
    """What others named, safe for a terminal."""
    return "".join(one if one.isprintable() else "?" for one in text)
