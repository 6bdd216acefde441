"""A data folder that is kept between starts: its files, its locks, and what the next start takes from the last one.

    askbridge.lock      held by the one process that uses the folder, whose id is in it; the kernel releases it when
                        that process ends
    processes.lock      held by every process that was started for the folder, because each inherits the open file
    askbridge.json      the ports and the API key of the last start; replaced as a whole, never written in place
    webhook.key         what webhook secrets are derived from
    slack.jsonl         the messages of the sandbox Slack
    postgres/           the database
    postgres.removed/   a database that `fresh` is deleting

A process may be killed between any two steps: every file is renamed into its place, and `postgres.removed` is deleted
by the next start.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from sandbox.children import ChildFailed
from sandbox.postgres import stale_server
from sandbox.postgres.cluster import to_its_end
from sandbox.postgres.folder import open_folder

HOW_TO_START_ANEW = "To start anew, which deletes what is in this folder, add --fresh (with make: `make dev FRESH=1`)."
LEFTOVER_SECONDS = 25.0  # a replica whose parent was killed may serve for ASKBRIDGE_DRAIN_SECONDS (8) and then ends
_API_KEY = re.compile(r"[\x21-\x7e]{8,200}")
_WEBHOOK_KEY = re.compile(r"[\x21-\x7e]{32,}")


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What the last start used. Port 0 and no key: there was no such start; a missing replica's port is not listed."""

    slack: int = 0
    postgres: int = 0
    replicas: tuple[int, ...] = ()
    metrics: tuple[int, ...] = ()
    api_key: str | None = None

    def with_ports(self, *, slack: int, postgres: int, replicas: Sequence[int], metrics: Sequence[int]) -> "Kept":
        """The ports of another start. Those of more replicas than it has stay as they were, unless it uses them."""
        used = {slack, postgres, *replicas, *metrics}
        more = [0 if port in used else port for port in self.replicas[len(replicas) :]]
        more_metrics = [0 if port in used else port for port in self.metrics[len(metrics) :]]
        return replace(
            self, slack=slack, postgres=postgres, replicas=(*replicas, *more), metrics=(*metrics, *more_metrics)
        )


@dataclass(frozen=True, kw_only=True)
class KeptFolder:
    """A data folder that this process uses; `processes_lock` is the open file that its children inherit."""

    path: Path
    processes_lock: int

    @property
    def postgres(self) -> Path:
        """The data folder of the database."""
        return self.path / "postgres"

    @property
    def messages(self) -> Path:
        """The file of the sandbox Slack's messages."""
        return self.path / "slack.jsonl"

    def read(self) -> Kept:
        """What the last start used; raises ChildFailed if the file is damaged."""
        path = self.path / "askbridge.json"
        try:
            return _kept(json.loads(path.read_text("utf-8")))
        except FileNotFoundError:
            return Kept()
        except (ValueError, RecursionError) as error:
            raise ChildFailed(
                f"{path}, which holds the ports and the API key of the last start, is damaged: {error}. "
                f"Delete this file: then the database stays, and ports and key are new. {HOW_TO_START_ANEW}"
            ) from None

    def write(self, kept: Kept) -> None:
        self._replace("askbridge.json", json.dumps(asdict(kept), indent=1) + "\n")

    def webhook_key(self) -> str:
        """The random key that webhook secrets are derived from; raises ChildFailed if its file is damaged."""
        path = self.path / "webhook.key"
        try:
            key = path.read_text("utf-8").strip()
        except FileNotFoundError:
            key = secrets.token_urlsafe(32)
            self._replace("webhook.key", key)
        except ValueError:
            key = ""
        if not _WEBHOOK_KEY.fullmatch(key):
            raise ChildFailed(
                f"{path} is damaged: it does not hold the 32 or more characters from which webhook secrets are made. "
                f"Delete this file: then every webhook endpoint has a new secret. {HOW_TO_START_ANEW}"
            )
        return key

    def remove_all(self) -> None:
        """Delete what earlier starts kept here, and nothing else. Raises PostgresError if the database is not ours."""
        if self.postgres.exists():
            opened = open_folder(self.postgres)
            try:
                os.close(stale_server.stop(opened))
                (self.path / "askbridge.json").unlink(missing_ok=True)  # first: its key is worth nothing soon
                self.postgres.rename(self.path / "postgres.removed")
            finally:
                opened.close()
        for name in ("askbridge.json", "webhook.key", "slack.jsonl"):
            (self.path / name).unlink(missing_ok=True)
        self.remove_removed()

    def remove_removed(self) -> None:
        """Delete the database whose deletion was interrupted."""
        shutil.rmtree(self.path / "postgres.removed", ignore_errors=True)

    def _replace(self, name: str, text: str) -> None:
        partial = self.path / f"{name}.partial"
        partial.unlink(missing_ok=True)
        with open(partial, "x", encoding="utf-8", opener=_private) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(self.path / name)


@contextlib.asynccontextmanager
async def opened(
    path: Path, *, fresh: bool = False, on_wait: Callable[[], None] = lambda: None
) -> AsyncIterator[KeptFolder]:
    """Lock the folder, and create it if there is none; waits until the processes of a killed start have ended.

    `fresh` deletes first what earlier starts kept. `on_wait` is called before the wait, if there is one. Raises
    ChildFailed, PostgresError or OSError.
    """
    with contextlib.ExitStack() as stack:
        is_ours = _is_ours(path)
        if fresh and not is_ours:
            raise ChildFailed(
                f"The folder {path} holds something that was not made here, and starting anew deletes files in it. "
                "Choose another folder with --data, or start without --fresh."
            )
        stack.callback(os.close, _owned(path))
        processes = await _without_leftovers(path / "processes.lock", on_wait)
        stack.callback(os.close, processes)
        folder = KeptFolder(path=path, processes_lock=processes)
        if is_ours:
            await to_its_end(folder.remove_removed)
        if fresh:
            await to_its_end(folder.remove_all)
        yield folder


def _is_ours(path: Path) -> bool:
    """Whether an earlier start used this folder, of this release or the one before, or nothing is in it."""
    locks = (path / "askbridge.lock", path / "postgres" / "owner.lock")
    return not path.exists() or any(lock.exists() for lock in locks) or not any(path.iterdir())


def _owned(path: Path) -> int:
    """Create the folder if there is none; returns its lock, or raises ChildFailed if it is not ours to use now."""
    if not path.exists():
        path.mkdir(parents=True)
        # If we run as root, PostgreSQL runs as another account, which must be able to pass through.
        path.chmod(0o711 if os.geteuid() == 0 else 0o700)
    if (owner := path.stat().st_uid) != os.geteuid():
        raise ChildFailed(
            f"The data folder {path} belongs to another account (user id {owner}; this is {os.geteuid()}). "
            "Run this as that account, or choose another folder with --data."
        )
    file = path / "askbridge.lock"
    if (lock := _taken(file)) is None:
        raise ChildFailed(
            f"The data folder {path} is in use by another process{_named(file)}, or choose another folder with --data."
        )
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock


def _named(lock: Path) -> str:
    """How the message goes on that names the process which holds the lock and wrote its id into it."""
    with contextlib.suppress(OSError, ValueError):
        pid = int(lock.read_text("ascii"))
        return f" ({pid}). Stop the other `askbridge dev` (kill {pid})"
    return ". Stop the other `askbridge dev`"


async def _without_leftovers(path: Path, on_wait: Callable[[], None]) -> int:
    """Wait until no process of an earlier start runs; returns the lock for those of this start."""
    deadline = time.monotonic() + LEFTOVER_SECONDS
    waited = False
    while (lock := _taken(path)) is None:
        if time.monotonic() > deadline:  # where the kernel does not end them with their parent; their ports are taken
            return os.open(path, os.O_RDWR | os.O_CLOEXEC)
        if not waited:
            waited = True
            on_wait()
        await asyncio.sleep(0.05)  # flock has no timeout, and the processes that hold the lock are not our children
    return lock


def _taken(path: Path) -> int | None:
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def _kept(values: Any) -> Kept:
    if not isinstance(values, dict):
        raise ValueError("it must be a JSON object")  # noqa: TRY004  -- a wrong value of a file
    key = values.get("api_key")
    if key is not None and not (isinstance(key, str) and _API_KEY.fullmatch(key)):
        raise ValueError("api_key is no API key")
    return Kept(
        slack=_port(values.get("slack", 0), "slack"),
        postgres=_port(values.get("postgres", 0), "postgres"),
        replicas=_ports(values.get("replicas", []), "replicas"),
        metrics=_ports(values.get("metrics", []), "metrics"),
        api_key=key,
    )


def _ports(values: Any, name: str) -> tuple[int, ...]:
    if not isinstance(values, list):
        raise ValueError(f"{name} must be a list of ports")  # noqa: TRY004  -- as above
    return tuple(_port(value, name) for value in values)


def _port(value: Any, name: str) -> int:
    if type(value) is not int or not 0 <= value <= 65535:
        raise ValueError(f"{name} must be a port, not {str(value)[:40]!r}")
    return value


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
