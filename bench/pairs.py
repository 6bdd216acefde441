"""The plain claim of this release against that of a former one, each on its own schema, in alternating pairs.

    python -m bench.pairs --former DIR [--pairs 1000] [--rounds 5] [--drop INDEX | TABLE.CONSTRAINT …]

DIR is a checkout of the former release. Both schemas are databases of one server with the same settled rows. In each
pair both claims are made once, each first in every second pair. Prints the medians and their ratio for each round.
"""

import argparse
import asyncio
import re
import secrets
import statistics
import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from bench import click, interactions
from bridge import ids
from sandbox import temporary
from sandbox.postgres import cluster
from sandbox.postgres.programs import find_programs
from storage import migrate, pool, statements
from storage.migrate import Migration
from storage.model import Intent, Scope
from storage.pool import Database
from storage.statements import Statement

_FILE = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_SETTLED = 20_000
_ORGANIZATION = """
with organization as (
    insert into organizations (organization_id, name) values ($1, 'Bench')
),
connection as (
    insert into connections (organization_id, id, app_id, team_id, home_teams, bot_user_id, name)
    values ($1, $2, $4, $5, array[$5], 'U0ASKBRIDGE', 'Bench')
)
insert into keys (organization_id, id, name, prefix, digest)
values ($1, $3, 'bench', 'askb_none', sha256(uuid_send($3)))
"""
"""By SQL that both schemas take."""


def main() -> None:
    """Measure, and print a line for each round."""
    parser = argparse.ArgumentParser(prog="python -m bench.pairs")
    parser.add_argument("--former", type=Path, required=True, help="a checkout of the former release")
    parser.add_argument("--pairs", type=int, default=1_000, help="pairs in each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--drop", action="append", default=[], help="an index, or TABLE.CONSTRAINT, of the new schema to do without"
    )
    asyncio.run(_run(parser.parse_args()))


async def _run(options: argparse.Namespace) -> None:
    old = _read(options.former / "sql")
    new = statements.load("interactions")["claim"]
    with temporary.folder() as folder:
        async with cluster.run(folder / "postgres", programs=find_programs(prefer="installed")) as server:
            dsns = {}
            for name, known in (("old", _migrations(options.former / "sql/migrations")), ("new", migrate.ours())):
                admin = await asyncpg.connect(server.dsn)
                await admin.execute(f"create database {name}")
                await admin.close()
                await migrate.migrate(dsn := server.database(name), known)
                dsns[name] = dsn
            async with (
                pool.connect(dsns["old"], name="old", size=1) as db,
                pool.connect(dsns["new"], name="new", size=1) as other,
            ):
                for name in options.drop:
                    table, _, constraint = name.partition(".")
                    drop = f"alter table {table} drop constraint {constraint}" if constraint else f"drop index {name}"
                    await other.fetch(drop)
                sides = [await _side(db, dsns["old"], old), await _side(other, dsns["new"], new)]
                ratios = [await _round(sides, options.pairs) for _ in range(options.rounds)]
    sys.stdout.write(f"median of the rounds: {statistics.median(ratios):.3f} ×\n")


class _Side:
    """One claim on one schema."""

    def __init__(self, db: Database, statement: Statement, scope: Scope, key_id: UUID) -> None:
        self.db, self.statement, self.scope, self.key_id = db, statement, scope, key_id

    async def pending(self, count: int) -> list[UUID]:
        return await interactions.pending(self.db, self.scope, self.key_id, count)

    async def claim(self, interaction_id: UUID) -> float:
        """How many milliseconds one claim takes, which wins."""
        values = _values(self.scope, interaction_id)
        arguments = [values[name] for name in self.statement.parameters]
        began = time.perf_counter()
        (row,) = await self.db.fetch(self.statement.sql, *arguments)
        took = (time.perf_counter() - began) * 1000
        if row["verdict"] != "won":
            raise RuntimeError(f"the claim should have won, but its verdict is {row['verdict']}")
        return took


async def _side(db: Database, dsn: str, statement: Statement) -> _Side:
    scope, key_id = Scope(organization_id=ids.new(), connection_id=ids.new()), ids.new()
    await db.fetch(_ORGANIZATION, scope.organization_id, scope.connection_id, key_id, click.APP, click.TEAM)
    await interactions.settled(dsn, scope, key_id, _SETTLED)
    side = _Side(db, statement, scope, key_id)
    for id in await side.pending(50):
        await side.claim(id)
    return side


async def _round(sides: list[_Side], pairs: int) -> float:
    made = [await side.pending(pairs) for side in sides]
    took: list[list[float]] = [[], []]
    for number in range(pairs):
        for which in (0, 1) if number % 2 else (1, 0):
            took[which].append(await sides[which].claim(made[which][number]))
    old, new = (statistics.median(each) for each in took)
    sys.stdout.write(f"old {old:.3f} ms, new {new:.3f} ms: {new / old:.3f} ×\n")
    sys.stdout.flush()
    return new / old


def _values(scope: Scope, interaction_id: UUID) -> dict[str, Any]:
    return {
        "organization_id": scope.organization_id,
        "connection_id": scope.connection_id,
        "interaction_id": interaction_id,
        "claim_id": secrets.token_bytes(32),
        "event_id": ids.new(),
        "choice": "approve",
        "intent": Intent.ANSWER,
        "given": None,
        "user_id": click.PERSON,
        "user_name": "ana",
        "user_team": click.TEAM,
        "channel": click.CHANNEL,
        "ts": "1763719200.000100",
        "is_colleague": False,
        "via": "button",
        "thing_id": None,
        "refusal": None,
        "is_open": None,
    }


def _read(folder: Path) -> Statement:
    """The claim of a former release."""

    def read(name: str) -> str:
        return (folder / f"{name}.sql").read_text("utf-8")

    shared = statements.parts("parts", read("parts"))
    return statements.parse("interactions", read("interactions"), shared=shared)["claim"]


def _migrations(folder: Path) -> list[Migration]:
    return migrate.order(
        Migration(version=int(match[1]), name=match[2], sql=file.read_text("utf-8"))
        for file in folder.iterdir()
        if (match := _FILE.fullmatch(file.name))
    )


if __name__ == "__main__":
    main()
