"""A program that owns a PostgreSQL until it is killed; writes one JSON line when it answers."""

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


def forsaken(farewell: signal.Signals) -> Callable[[], None] | None:
    """As on systems whose kernel does not tell children that their parent died."""


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also when we were started in the background
    if "--forsaken" in sys.argv:
        processes.dies_with_parent = forsaken
    asyncio.run(main(Path(sys.argv[1]), "wheel" if sys.argv[2] == "wheel" else "installed"))
