"""`make bench`: measure everything, print the table, and write it into docs/performance.md."""

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final, TypeAlias

from bench import environment, machine, report
from bench.environment import Ground
from bench.figures import Figure
from bench.measures import ack, claim, hearing, rate, ready, settled, waiting
from bench.sizes import DEFAULT, FULL, SMALL, Sizes
from bench.table import table
from sandbox.children import Failed

PAGE: Final = Path(__file__).parents[1] / "docs" / "performance.md"
PATIENCE: Final = 900.0  # seconds for all of it; a run takes two to three minutes, the full one a little more

Measure: TypeAlias = Callable[[Ground, Sizes], Awaitable[list[Figure]]]

# `hearing` comes last of those that share the two replicas: it ends by losing every notice.
MEASURES: Final[Mapping[str, Measure]] = {
    "ack": ack.figures,
    "claim": claim.figures,
    "rate": rate.figures,
    "settled": settled.figures,
    "waiting": waiting.figures,
    "ready": ready.figures,
    "hearing": hearing.figures,
}
SIZES: Final = {"default": DEFAULT, "full": FULL, "small": SMALL}


def main() -> None:
    """Measure; exit status 1 when something could not be, never because a bar is missed."""
    asked = _asked()
    sys.exit(asyncio.run(_run(asked.only or list(MEASURES), asked.size, write=not asked.only)))


async def _run(names: list[str], size: str, *, write: bool) -> int:
    work = asyncio.current_task()
    if work is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, work.cancel)
    with tempfile.TemporaryFile() as log:
        try:
            async with asyncio.timeout(PATIENCE), environment.running(log) as made:
                described = await machine.described(made.place.db)
                figures = await measured(made, SIZES[size], names)
        except (Failed, OSError, EOFError, RuntimeError, TimeoutError) as error:
            log.seek(0)
            said = log.read()[-4000:].decode(errors="replace")
            _say(f"{said}\nIt could not be measured: {str(error) or type(error).__name__}")
            return 1
    printed = table(figures)
    _say(f"\n{printed}")
    if write and size != "small":
        command = "make bench" if size == "default" else f"make bench BENCH={size}"
        section = report.section(command=command, machine=described, size=_told(SIZES[size]), table=printed)
        PAGE.write_text(report.renewed(PAGE.read_text("utf-8"), section), "utf-8")
        _say(f"\nwritten into {PAGE.relative_to(PAGE.parents[1])}")
    return 0


async def measured(made: Ground, sizes: Sizes, names: list[str]) -> list[Figure]:
    """The figures of these measures, one measure after the other, with progress printed."""
    figures: list[Figure] = []
    for name in names:
        began = time.perf_counter()
        _say(f"{name} …", end="")
        figures += await MEASURES[name](made, sizes)
        _say(f" {time.perf_counter() - began:.1f} s")
    return figures


def _told(sizes: Sizes) -> str:
    return (
        f"Medians of {sizes.rounds} interleaved rounds of {sizes.clicks} clicks one at a time, {sizes.burst} with "
        f"{environment.IN_FLIGHT} in flight, {sizes.claims} claims and {sizes.samples} answers."
    )


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the bridge against bare parts.")
    parser.add_argument("size", nargs="?", default="default", choices=list(SIZES), help="how much of everything")
    parser.add_argument("--only", action="append", choices=list(MEASURES), help="one measure, not written down")
    return parser.parse_args()


def _say(words: str, *, end: str = "\n") -> None:
    sys.stdout.write(f"{words}{end}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
