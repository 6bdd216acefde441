"""`python -m bench.profile`: where a replica's time goes while clicks come one at a time; own time per click."""

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
        async with environment.running(log) as made:
            saved = Path(folder) / "profile"
            async with made.replica(profile=saved) as replica:
                await replica.ready()
                clicks = [made.click(replica, question) for question in await made.place.pending(_CLICKS)]
                wire = await Wire.open(made.url(replica))
                took = await rounds.each([partial(wire.expect, click) for click in clicks])
                wire.close()
            _say(
                f"p50 {percentile(took, 50):.2f} ms a click while profiled; {_SHOWN} functions by own time, µs a click:"
            )
            _tell(pstats.Stats(str(saved)))


def _tell(stats: pstats.Stats) -> None:
    every = [row for row in stats.stats.items() if row[1][0] >= _CLICKS]  # type: ignore[attr-defined]  # documented
    # What was called less often than there were clicks belongs to the start.
    rows = sorted(every, key=lambda row: -row[1][2])
    for (file, line, name), (_, calls, own, whole, _) in rows[:_SHOWN]:
        where = f"{_PACKAGE.sub('', file)}:{line}" if line else ""
        _say(
            f"{own / _CLICKS * 1e6:8.1f} own {whole / _CLICKS * 1e6:9.1f} whole {calls / _CLICKS:7.1f} calls  "
            f"{name} {where}"
        )


def _say(words: str) -> None:
    with suppress(BrokenPipeError):
        sys.stdout.write(f"{words}\n")


if __name__ == "__main__":
    asyncio.run(_run())
