"""A program that owns a PostgreSQL until it is killed; it prints one line of JSON when the server is ready."""

import asyncio
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from sandbox import processes
from sandbox.postgres.cluster import run
from sandbox.postgres.programs import find_programs


async def main(data: Path, prefer: Literal["wheel", "installed"]) -> None:
    async with run(data, programs=find_programs(prefer=prefer), durable=False) as cluster:
        sys.stdout.write(json.dumps({"pid": cluster.pid, "dsn": cluster.dsn}) + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def no_parent_watch(farewell: signal.Signals) -> Callable[[], None] | None:
    """Replaces `dies_with_parent`, as on systems that do not signal a child when its parent dies."""


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a process started in the background ignores SIGINT
    if "--no-parent-watch" in sys.argv:
        processes.dies_with_parent = no_parent_watch
    asyncio.run(main(Path(sys.argv[1]), "wheel" if sys.argv[2] == "wheel" else "installed"))
