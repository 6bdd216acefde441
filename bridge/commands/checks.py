"""Findings of the doctor, and its judgment of what was seen: pure, and each says what to do when it is not right."""

from dataclasses import dataclass
from enum import StrEnum

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


def clock(seen: Server, *, ours: float) -> Check:
    """Whether this machine and the database agree on the time; Slack's signatures are judged by ours."""
    apart = ours - seen.now.timestamp()
    if abs(apart) <= SKEW_SECONDS:
        return ok("clock", f"{abs(apart):.1f} s from the database's")
    return failed(
        "clock",
        f"this machine is {abs(apart):.0f} s {'ahead of' if apart > 0 else 'behind'} the database",
        fix="let both follow a time server: timedatectl set-ntp true",
    )


def scopes(granted: frozenset[str]) -> Check:
    """Whether the token may do all that the bridge does."""
    missing = [scope for scope in NEEDED if scope not in granted]
    if not missing:
        return ok("scopes", ", ".join(NEEDED))
    return failed(
        "scopes",
        f"the token lacks {', '.join(missing)}",
        fix="add them on the app's page OAuth & Permissions, reinstall the app, set ASKBRIDGE_SLACK_BOT_TOKEN anew",
    )
