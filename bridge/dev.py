"""Runs a PostgreSQL, a sandbox Slack and some replicas on this machine, each as its own process.

All of them end with this process, in whatever way this process ends.
"""

import asyncio
import contextlib
import errno
import os
import secrets
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bridge import ids
from bridge.logs import Log
from bridge.slack.client import Identity
from bridge.slack.connections import establish
from sandbox import temporary
from sandbox.children import READY_SECONDS, Child, ChildFailed
from sandbox.postgres import cluster
from sandbox.postgres.errors import PostgresError
from storage import errors, keys, migrate, pool
from storage.model import Json

_log = Log("dev")

__all__ = ["ChildFailed", "Options", "run"]


_DRAIN = "ASKBRIDGE_DRAIN_SECONDS"
_SLACK_FACTS = ("slack_url", "signing_secret", "bot_token", "app_id", "team_id")  # of what the sandbox tells


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of the command. Port 0: any free port. Without a data folder a temporary one is created."""

    replicas: int
    port: int
    slack_port: int
    data: Path | None
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
        slack = await stack.enter_async_context(
            Child("the sandbox Slack", "sandbox.slack", "--port", str(options.slack_port))
        )
        try:
            postgres = await stack.enter_async_context(cluster.run(data / "postgres"))
            await migrate.migrate(postgres.dsn)
        except (PostgresError, errors.SchemaTooNew) as error:
            raise ChildFailed(str(error)) from error
        except errors.Unavailable as error:
            raise ChildFailed(f"The PostgreSQL in {data} cannot be used: {error.advice} ({error.cause}).") from error
        except OSError as error:
            raise ChildFailed(
                f"The data folder {data} cannot be used: {error.strerror}. Choose another one."
            ) from error
        await slack.ready()
        demo = await _demo_organization(postgres.dsn, slack.ready_info)
        webhook_key = await asyncio.to_thread(_webhook_key, data)
        replicas = [
            await stack.enter_async_context(_replica(number, options, postgres.dsn, slack.ready_info, webhook_key))
            for number in range(options.replicas)
        ]
        await asyncio.gather(*(replica.ready() for replica in replicas))
        urls = [replica.ready_info["url"] for replica in replicas]
        async with aiohttp.ClientSession() as http:
            await _send_clicks_to(http, slack.ready_info["slack_url"], urls)
            await asyncio.gather(*(_ready(http, url) for url in urls))
        pids = {"replicas": [replica.pid for replica in replicas], "postgres": postgres.pid, "slack": slack.pid}
        metrics = [replica.ready_info["metrics_url"] for replica in replicas] if options.metrics else []
        of_slack = {name: slack.ready_info[name] for name in _SLACK_FACTS}
        addresses = {"bridge_urls": urls, **({"metrics_urls": metrics} if metrics else {}), **of_slack}
        on_ready({**addresses, **demo, "database_url": postgres.dsn, "pids": pids})
        for replica in replicas:
            stack.enter_context(_watched(replica))
        status = await slack.ended()
        raise ChildFailed(f"The sandbox Slack ended (exit status {status}).")


def _replica(number: int, options: Options, dsn: str, slack: Json, webhook_key: str) -> Child:
    settings = {
        "ASKBRIDGE_DATABASE_URL": dsn,
        "ASKBRIDGE_SLACK_BOT_TOKEN": slack["bot_token"],
        "ASKBRIDGE_SLACK_SIGNING_SECRET": slack["signing_secret"],
        "ASKBRIDGE_SLACK_API_URL": f"{slack['slack_url']}/api/",
        "ASKBRIDGE_PORT": str(options.port + number if options.port else 0),
        "ASKBRIDGE_WEBHOOK_KEY": webhook_key,
        "ASKBRIDGE_WEBHOOK_ALLOW_NETS": "127.0.0.0/8,::1/128",  # receivers are on this machine too
        **({"ASKBRIDGE_METRICS_PORT": "0"} if options.metrics else {}),
    }
    # Settings of another bridge in the environment must not reach this replica, but for one that is harmless.
    if (seconds := os.environ.get(_DRAIN)) is not None:
        settings[_DRAIN] = seconds
    return Child(
        f"replica {number + 1}",
        "bridge",
        "serve",
        "--json",
        settings=settings,
        unset="ASKBRIDGE_",
        stop_signals=(signal.SIGTERM, signal.SIGINT),  # the second skips the drain: everything ends
    )


def _webhook_key(data: Path) -> str:
    """The key that webhook secrets are derived from; random, and stored in the data folder with its database."""
    path = data / "webhook.key"
    with contextlib.suppress(FileNotFoundError):
        return path.read_text("ascii")
    key = secrets.token_urlsafe(32)
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(key, "ascii")
    return key


async def _demo_organization(dsn: str, slack: Json) -> Json:
    """Create the demo organization and its connection unless this database has them, and a new key.

    Returns the key and both ids, as part of what the command prints.
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
        _, secret = await keys.create(db, organization_id=connection.organization_id, id=ids.new(), name="demo-agent")
    return {
        "api_key": secret,
        "organization": ids.encode("org", connection.organization_id),
        "connection": ids.encode("con", connection.id),
    }


async def _send_clicks_to(http: aiohttp.ClientSession, slack_url: str, urls: list[str]) -> None:
    body = {"request_urls": [f"{url}/slack/events" for url in urls]}
    async with http.post(f"{slack_url}/sandbox/request_urls", json=body) as response:
        if response.status != 200:
            raise ChildFailed(f"The sandbox Slack does not take the replicas' addresses (HTTP {response.status}).")


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
    """Raise ChildFailed for a port in use, naming the command's option; a replica could name only its setting."""
    wanted = [("--slack-port", options.slack_port)]
    wanted += [("--port", options.port + number) for number in range(options.replicas if options.port else 0)]
    for option, port in wanted:
        try:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers do
                probe.bind(("127.0.0.1", port))
        except OSError as error:
            why = "already in use" if error.errno == errno.EADDRINUSE else f"not to be had ({error.strerror})"
            raise ChildFailed(
                f"Port {port} is {why}. Choose another {option}, or leave it out: any free one is taken then."
            ) from None
