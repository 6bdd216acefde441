"""Runs a PostgreSQL, a sandbox Slack and some replicas on this machine, each as its own process.

All of them end with this process, in whatever way this process ends. With a data folder the next start has the same
ports, the same API key and the same database.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from bridge import ids
from bridge.logs import Log
from bridge.slack.client import Identity
from bridge.slack.connections import establish
from sandbox import kept, ports, temporary
from sandbox.children import READY_SECONDS, Child, ChildFailed
from sandbox.kept import HOW_TO_START_ANEW, Kept
from sandbox.ports import Again
from sandbox.postgres import cluster
from sandbox.postgres.errors import FolderRefused, PostgresError
from storage import connections, errors, keys, migrate, pool
from storage.model import Json

_log = Log("dev")

__all__ = ["ChildFailed", "Options", "run"]


_DRAIN = "ASKBRIDGE_DRAIN_SECONDS"
_DEFAULT_CHANNEL = "C0APPROVALS"  # #approvals of the sandbox Slack
_SLACK_FACTS = ("slack_url", "signing_secret", "bot_token", "app_id", "team_id")  # of what the sandbox tells


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of the command. Without a data folder a temporary one is created.

    Port 0: any free port; None: the port of the last start with this data folder, or any free port. `fresh` deletes
    first what earlier starts left in the data folder.
    """

    replicas: int
    port: int | None
    slack_port: int | None
    data: Path | None
    fresh: bool = False
    metrics: bool = False


async def run(options: Options, *, on_ready: Callable[[Json], None]) -> None:
    """Run until SIGINT or SIGTERM; raises ChildFailed.

    `on_ready` gets every address once all processes answer.
    """
    work = asyncio.create_task(_everything(options, on_ready))
    stopping = False

    def stop() -> None:
        nonlocal stopping
        if not stopping:  # a second Ctrl-C must not interrupt the cleanup
            stopping = True
            work.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        await work
    except asyncio.CancelledError:
        if not stopping:
            raise
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)  # all is cleaned up, and the process ends by itself


async def _everything(options: Options, on_ready: Callable[[Json], None]) -> None:
    _check_ports(options)
    async with AsyncExitStack() as stack:
        data = options.data or stack.enter_context(await _temporary())
        with _in_words(data, is_kept=options.data is not None):
            folder = await stack.enter_async_context(kept.opened(data, fresh=options.fresh, on_wait=_log_wait(data)))
            last, webhook_key = folder.read(), folder.webhook_key()
        chosen = _chosen_ports(options, last)
        inherited = (folder.processes_lock,)
        slack = await stack.enter_async_context(
            Child(
                "the sandbox Slack",
                "sandbox.slack",
                *("--port", str(chosen.slack), "--messages", str(folder.messages)),
                pass_fds=inherited,
            )
        )
        with _in_words(data, is_kept=options.data is not None):
            postgres = await stack.enter_async_context(
                cluster.run(folder.postgres, port=ports.again_or_free(chosen.postgres))
            )
            await migrate.migrate(postgres.dsn)
        await slack.ready()
        demo, key_is_new = await _demo_organization(postgres.dsn, slack.ready_info, last.api_key)
        replicas = [
            await stack.enter_async_context(
                _replica(number, port, metrics_port, postgres.dsn, slack.ready_info, webhook_key, inherited)
            )
            for number, (port, metrics_port) in enumerate(zip_longest(chosen.replicas, chosen.metrics), start=1)
        ]
        await asyncio.gather(*(replica.ready() for replica in replicas))
        urls = [replica.ready_info["url"] for replica in replicas]
        async with aiohttp.ClientSession() as http:
            await _send_clicks_to(http, slack.ready_info["slack_url"], urls)
            await asyncio.gather(*(_ready(http, url) for url in urls))
            views = await _views(http, slack.ready_info["slack_url"])
        pids = {"replicas": [replica.pid for replica in replicas], "postgres": postgres.pid, "slack": slack.pid}
        metrics = [replica.ready_info["metrics_url"] for replica in replicas] if options.metrics else []
        of_slack = {name: slack.ready_info[name] for name in _SLACK_FACTS}
        addresses = {"bridge_urls": urls, **({"metrics_urls": metrics} if metrics else {}), **of_slack, "views": views}
        now = last.with_ports(
            slack=_port_of(slack.ready_info["slack_url"]),
            postgres=postgres.port,
            replicas=[_port_of(url) for url in urls],
            metrics=[_port_of(url) for url in metrics],
        )
        now = replace(now, api_key=demo["api_key"])
        folder.write(now)
        notes = _changes(options, last, now, key_is_new=key_is_new)
        for note in notes:
            _log.warning("dev_changed", means=note)
        on_ready({**addresses, **demo, "database_url": postgres.dsn, "pids": pids, "notes": notes})
        for replica in replicas:
            stack.enter_context(_watched(replica))
        status = await slack.ended()
        raise ChildFailed(f"The sandbox Slack ended (exit status {status}).")


@contextlib.contextmanager
def _in_words(data: Path, *, is_kept: bool) -> Iterator[None]:
    """Raise ChildFailed, which says what to do, for a folder or a database in it that cannot be used."""
    anew = f"\n{HOW_TO_START_ANEW}" if is_kept else ""
    try:
        yield
    except PostgresError as error:
        advice = ""
        if isinstance(error, FolderRefused):
            advice = '\nWith make: make dev OPTIONS="--data FOLDER"' if is_kept else ""
        elif type(error) is PostgresError and (data / "postgres" / "cluster").exists():  # it may be damaged
            advice = anew
        raise ChildFailed(f"{error}{advice}") from error
    except errors.SchemaTooNew as error:
        raise ChildFailed(f"{error}{anew}") from error
    except errors.Unavailable as error:
        raise ChildFailed(f"The PostgreSQL in {data} cannot be used: {error.problem} ({error.cause}).{anew}") from error
    except OSError as error:
        raise ChildFailed(f"The data folder {data} cannot be used: {error.strerror}. Choose another one.") from error


def _chosen_ports(options: Options, last: Kept) -> Kept:
    """The port of each server: the given one, else that of the last start unless it is in use; 0: any free one."""
    count = options.replicas
    given = [options.port + number for number in range(count)] if options.port else []
    again = Again([*given, options.slack_port or 0])
    if options.port is None:
        replicas = [again.port(port) for port in _exactly(count, last.replicas)]
    else:
        replicas = given or [0] * count
    return Kept(
        replicas=tuple(replicas),
        slack=again.port(last.slack) if options.slack_port is None else options.slack_port,
        metrics=tuple(again.port(port) for port in _exactly(count, last.metrics)) if options.metrics else (),
        postgres=again.port(last.postgres),
    )


def _exactly(count: int, known: Sequence[int]) -> list[int]:
    return [*known[:count], *[0] * (count - len(known))]


def _port_of(url: str) -> int:
    return urlsplit(url).port or 0


def _changes(options: Options, last: Kept, now: Kept, *, key_is_new: bool) -> list[str]:
    """A sentence for each thing that should be as at the last start and is not."""
    pairs = [("PostgreSQL", last.postgres, now.postgres)]
    if options.slack_port is None:
        pairs.append(("the sandbox Slack", last.slack, now.slack))
    if options.port is None:
        pairs += [
            (f"replica {number}", before, after)
            for number, (before, after) in enumerate(zip(last.replicas, now.replicas, strict=False), start=1)
        ]
    pairs += [
        (f"the metrics of replica {number}", before, after)
        for number, (before, after) in enumerate(zip(last.metrics, now.metrics, strict=False), start=1)
    ]
    changes = [ports.moved(name, before, after) for name, before, after in pairs if before not in {0, after}]
    if last.api_key is not None and key_is_new:
        changes.append("The API key of the last start is not valid in this database any more: there is a new one.")
    return changes


def _log_wait(data: Path) -> Callable[[], None]:
    return lambda: _log.info("leftover_awaited", path=str(data))


def _replica(
    number: int, port: int, metrics_port: int | None, dsn: str, slack: Json, webhook_key: str, inherited: Sequence[int]
) -> Child:
    settings = {
        "ASKBRIDGE_DATABASE_URL": dsn,
        "ASKBRIDGE_SLACK_BOT_TOKEN": slack["bot_token"],
        "ASKBRIDGE_SLACK_SIGNING_SECRET": slack["signing_secret"],
        "ASKBRIDGE_SLACK_API_URL": f"{slack['slack_url']}/api/",
        "ASKBRIDGE_PORT": str(port),
        "ASKBRIDGE_WEBHOOK_KEY": webhook_key,
        "ASKBRIDGE_WEBHOOK_ALLOW_NETS": "127.0.0.0/8,::1/128",  # receivers are on this machine too
        **({"ASKBRIDGE_METRICS_PORT": str(metrics_port)} if metrics_port is not None else {}),
    }
    # Settings of another bridge in the environment must not reach this replica, but for one that is harmless.
    if (seconds := os.environ.get(_DRAIN)) is not None:
        settings[_DRAIN] = seconds
    return Child(
        f"replica {number}",
        "bridge",
        "serve",
        "--json",
        settings=settings,
        unset="ASKBRIDGE_",
        stop_signals=(signal.SIGTERM, signal.SIGINT),  # the second skips the drain: everything ends
        pass_fds=inherited,
    )


async def _demo_organization(dsn: str, slack: Json, last_key: str | None) -> tuple[Json, bool]:
    """Create the demo organization and its connection unless this database has them, and a key unless `last_key` works.

    Returns the key and both ids, as part of what the command prints, and whether the key is a new one.
    """
    async with pool.connect(dsn, name="dev", size=2) as db:
        identity = Identity(
            app_id=slack["app_id"],
            enterprise_id=None,
            team_id=slack["team_id"],
            home_teams=[slack["team_id"]],
            bot_user_id=slack["bot_user_id"],
            name="Sandbox",
        )
        connection = await establish(db, identity, app_id=slack["app_id"], organization="Demo")
        organization_id = connection.organization_id
        known = await keys.of_secret(db, last_key) if last_key is not None else None
        secret = last_key if known is not None and known.organization_id == organization_id else None
        is_new = secret is None
        if is_new and connection.default_channel is None:
            await connections.set_default_channel(
                db, organization_id=organization_id, id=connection.id, channel=_DEFAULT_CHANNEL
            )
        if secret is None:
            _, secret = await keys.create(db, organization_id=organization_id, id=ids.new(), name="demo-agent")
    demo = {
        "api_key": secret,
        "organization": ids.encode("org", organization_id),
        "connection": ids.encode("con", connection.id),
    }
    return demo, is_new


async def _send_clicks_to(http: aiohttp.ClientSession, slack_url: str, urls: list[str]) -> None:
    body = {"request_urls": [f"{url}/slack/events" for url in urls]}
    async with http.post(f"{slack_url}/sandbox/request_urls", json=body) as response:
        if response.status != 200:
            raise ChildFailed(f"The sandbox Slack does not take the replicas' addresses (HTTP {response.status}).")


async def _views(http: aiohttp.ClientSession, slack_url: str) -> list[Json]:
    """Each person of the sandbox with the address of the page as they see it, on the first channel that they see."""
    async with http.get(f"{slack_url}/sandbox/people", params={"channels": "true"}) as response:
        people = (await response.json())["people"]
    humans = [person for person in people if not person["is_bot"] and not person["is_deleted"]]
    return [
        {
            "user": person["id"],
            "name": person["name"],
            "real_name": person["real_name"],
            "url": f"{slack_url}/#as={person['id']}" + "".join(f"&channel={c['id']}" for c in person["channels"][:1]),
        }
        for person in humans
    ]


async def _ready(http: aiohttp.ClientSession, url: str) -> None:
    """Wait until a replica answers 200 at `/readyz`; raises ChildFailed after READY_SECONDS."""
    deadline = asyncio.get_running_loop().time() + READY_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        async with http.get(f"{url}/readyz") as response:
            if response.status == 200:
                return
        await asyncio.sleep(0.02)
    raise ChildFailed(f"The replica at {url} did not become ready; its log above may say why.")


@contextlib.contextmanager
def _watched(replica: Child) -> Iterator[None]:
    """Log the end of a replica; the other replicas keep running, as in production."""

    async def watch() -> None:
        status = await replica.ended()
        _log.warning("replica_ended", name=replica.name, pid=replica.pid, status=status)

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()


async def _temporary() -> contextlib.AbstractContextManager[Path]:
    """A temporary folder, removed at the end; removes first what runs ended by SIGKILL left behind."""
    for path in await asyncio.to_thread(temporary.remove_leftovers):
        _log.info("leftover_removed", path=str(path))
    return temporary.folder()


def _check_ports(options: Options) -> None:
    """Raise ChildFailed for a given port that is in use, naming its option; a replica could name only its setting."""
    if options.slack_port:
        ports.check("--slack-port", options.slack_port)
    for number in range(options.replicas if options.port else 0):
        ports.check("--port", (options.port or 0) + number)
