"""Runs the previous release beside this one on one database, under kills; all readers must have seen the same.

    python -m tests.scenarios.beside --former DIR [--seconds 60]

DIR is a checkout of the former release with its own .venv. Its schema and its replicas start first, since a replica
refuses a newer schema when it starts. Under load this release migrates, and its own replicas join. A replica of the
former release that is killed after a migration cannot start again, so these are killed only late, and the last of them
keeps running; the others are killed and started again at any time. Exit status 1 unless all counts are zero.
"""

import asyncio
import contextlib
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import click

from bridge.things.registry import NOUNS
from sandbox.children import ChildFailed
from sandbox.postgres.cluster import Cluster
from sandbox.postgres.programs import find_programs
from tests.conftest import reachable
from tests.scenarios.beside import receiving, rest, spoiling, things
from tests.scenarios.beside.agent import Agent
from tests.scenarios.beside.audit import Audit
from tests.scenarios.beside.harm import OURS, Harm
from tests.scenarios.beside.receiving import Reader
from tests.scenarios.beside.stories import Stories
from tests.scenarios.beside.things import ThingStories
from tests.scenarios.trials import rig
from tests.scenarios.trials.ledger import ReadingLedger
from tests.scenarios.trials.rig import THIS, Release, Rig
from tests.waiting import pause

FORMERS, OURS_RUN = 3, 2
WARM_SECONDS = 5.0  # of load on the former release alone
LATE = 0.7  # the share of the time after which replicas of the former release may be killed
TELLERS, THINGS_TELLERS, PAUSE = 16, 10, 0.5
SHOWN = 5


@click.command()
@click.option("--former", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--seconds", default=60.0, show_default=True, help="How long both releases run under kills.")
@click.option("--spoil", multiple=True, type=click.Choice(list(spoiling.WAYS)), help="Break it: this must be counted.")
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), help="Keep the logs in this folder.")
def main(*, former: Path, seconds: float, spoil: tuple[str, ...], keep: Path | None) -> None:
    """Run both releases, print what was done and what was found, and exit with 1 unless nothing was."""
    nouns = frozenset(noun for noun in NOUNS if (former / "bridge/things" / noun).is_dir())
    release = Release(name="former", command=former.resolve() / ".venv/bin/askbridge", nouns=nouns)
    with tempfile.TemporaryDirectory(prefix="askbridge-test-") as name, reachable() as data:
        folder = Path(name)
        try:
            status = asyncio.run(_run(release, seconds, spoil, folder, data))
        finally:
            if keep:
                shutil.copytree(folder, keep, dirs_exist_ok=True)
    sys.exit(status)


async def _run(former: Release, seconds: float, spoil: tuple[str, ...], folder: Path, data: Path) -> int:
    log = folder / "postgres.log"
    with Cluster(data / "data", programs=find_programs(prefer="installed"), log=log) as cluster:
        await _migrate(former, cluster.dsn)
        async with (
            rig.running(cluster.dsn, folder) as running,
            asyncpg.create_pool(cluster.dsn, min_size=1, max_size=8, server_settings={"application_name": OURS}) as db,
        ):
            await running.add(former, number=FORMERS)
            ledger = ReadingLedger()
            agent = Agent(rig=running, ledger=ledger)
            async with receiving.receiving(ledger) as receiver, _readers(running, ledger, former) as readers:
                for path, types in receiving.ENDPOINTS.items():
                    await agent.call("POST", "/v1/webhook_endpoints", body={"url": receiver.url + path, "types": types})
                stories = Stories(agent=agent, db=db, callback=f"{receiver.url}/callback")
                harm, of_things = await _load(running, db, stories, seconds, spoil, url=receiver.url)
                left = await rest.until_quiet(db, readers)
                audit = Audit(
                    rig=running,
                    former=former,
                    db=db,
                    ledger=ledger,
                    stories=stories,
                    things=of_things,
                    receiver=receiver,
                    readers=readers,
                    postgres_log=log,
                )
                found = {**await audit.found(), "still to be done when time was up": left}
                _tell(audit, harm)
    return _judge(found)


async def _load(
    running: Rig,
    db: "asyncpg.Pool[asyncpg.Record]",
    stories: Stories,
    seconds: float,
    spoil: tuple[str, ...],
    *,
    url: str,
) -> tuple[Harm, ThingStories]:
    """Load on the former release, then the migration, then both releases under kills, until the stories are over."""
    over = asyncio.Event()
    telling = [asyncio.create_task(stories.tell(lambda: not over.is_set(), pause=PAUSE)) for _ in range(TELLERS)]
    await pause(WARM_SECONDS)
    migrated = await _migrate(THIS, running.dsn)
    click.echo(f"this release migrates under load: {migrated}")
    await running.add(THIS, number=OURS_RUN)
    of_things = await things.begin(stories, url)
    telling += [asyncio.create_task(of_things.tell(lambda: not over.is_set())) for _ in range(THINGS_TELLERS)]
    harm = Harm(rig=running, db=db, alike="nothing to do" in migrated)
    until = time.monotonic() + seconds
    spoilers = [asyncio.create_task(spoiling.WAYS[way](db)) for way in spoil]
    await harm.inflict(lambda: time.monotonic() < until, late=lambda: time.monotonic() > until - seconds * (1 - LATE))
    over.set()
    for spoiler in spoilers:
        spoiler.cancel()
    await rest.let_end(db, telling)
    return harm, of_things


async def _migrate(release: Release, dsn: str) -> str:
    status, out, err = await release.run("migrate", dsn=dsn)
    if status != 0:
        raise ChildFailed(f"`askbridge migrate` of {release.name}: {err}")
    return out.strip().replace("\n", "; ")


@contextlib.asynccontextmanager
async def _readers(running: Rig, ledger: ReadingLedger, former: Release) -> AsyncIterator[list[Reader]]:
    """Two readers for each release, for as long as the block runs."""
    readers = [
        Reader(rig=running, ledger=ledger, release=release.name, streams=streams)
        for release in (former, THIS)
        for streams in (False, True)
    ]
    following = [asyncio.create_task(reader.follow()) for reader in readers]
    try:
        yield readers
    finally:
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)


def _tell(audit: Audit, harm: Harm) -> None:
    done = audit.stories.agent.done + harm.done
    done["webhook calls"] = audit.receiver.calls
    done["accepted deliveries"] = sum(len(calls) for calls in audit.receiver.accepted.values())
    done["readings"] = audit.ledger.readings.total()
    for reader in audit.readers:
        done[f"events heard by {reader.name}"] = len(reader.event_ids)
    for what, number in sorted(done.items()):
        click.echo(f"{number:7} {what}")
    for said in harm.said:
        click.echo(said)


def _judge(found: dict[str, list[str]]) -> int:
    click.echo("must be zero:")
    for what, cases in found.items():
        click.echo(f"{len(cases):7} {what}")
        for case in cases[:SHOWN]:
            click.echo(f"          {case[:400]}")
    return int(any(found.values()))


if __name__ == "__main__":
    main()
