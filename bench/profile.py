"""`python -m bench.profile`: profiles a replica while clicks come one at a time, and prints own time per click."""

import asyncio
import pstats
import re
import sys
import tempfile
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from bench import environment, rounds
from bench.figures import percentile
from bench.wire import Wire

_CLICKS: Final = 1000
_SHOWN: Final = 40
_PACKAGE: Final = re.compile(r".*/(?:site-packages|python3\.\d+|lib)/|.*/(?=(?:bridge|storage)/)")


async def _run() -> None:
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as log:
        async with environment.running(log) as started:
            saved = Path(folder) / "profile"
            async with started.replica(profile=saved) as replica:
                await replica.ready()
                clicks = [started.click(replica, id) for id in await started.database.pending(_CLICKS)]
                wire = await Wire.open(started.url(replica))
                took = await rounds.each([partial(wire.expect, click) for click in clicks])
                wire.close()
            _print(
                f"p50 {percentile(took, 50):.2f} ms a click while profiled; {_SHOWN} functions by own time, µs a click:"
            )
            _report(pstats.Stats(str(saved)))


def _report(stats: pstats.Stats) -> None:
    # Functions with fewer calls than there were clicks belong to the start of the replica.
    every = [row for row in stats.stats.items() if row[1][0] >= _CLICKS]  # type: ignore[attr-defined]  # documented
    rows = sorted(every, key=lambda row: -row[1][2])
    for (file, line, name), (_, calls, own, whole, _) in rows[:_SHOWN]:
        where = f"{_PACKAGE.sub('', file)}:{line}" if line else ""
        _print(
            f"{own / _CLICKS * 1e6:8.1f} own {whole / _CLICKS * 1e6:9.1f} whole {calls / _CLICKS:7.1f} calls  "
            f"{name} {where}"
        )


def _print(text: str) -> None:
    with suppress(BrokenPipeError):
        sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    asyncio.run(_run())
