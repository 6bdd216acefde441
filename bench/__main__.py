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
from bench.environment import Environment
from bench.figures import Figure
from bench.measures import ack, attack, claim, forms, hearing, leases, rate, ready, settled, things, waiting
from bench.sizes import DEFAULT, FULL, SMALL, Sizes
from bench.table import table
from sandbox.children import ChildFailed

PAGE: Final = Path(__file__).parents[1] / "docs" / "performance.md"
TIMEOUT: Final = 900.0  # seconds for the whole run; a run takes two to three minutes, the full one a little more

Measure: TypeAlias = Callable[[Environment, Sizes], Awaitable[list[Figure]]]

# `hearing` is the last of the measures that share the two replicas: it ends by dropping every NOTIFY.
MEASURES: Final[Mapping[str, Measure]] = {
    "ack": ack.figures,
    "claim": claim.figures,
    "forms": forms.figures,
    "rate": rate.figures,
    "settled": settled.figures,
    "things": things.figures,
    "leases": leases.figures,
    "waiting": waiting.figures,
    "ready": ready.figures,
    "attack": attack.figures,
    "hearing": hearing.figures,
}
SIZES: Final = {"default": DEFAULT, "full": FULL, "small": SMALL}


def main() -> None:
    """Run the measures. Exit status 1 means that a measurement failed; a missed bar does not change the status."""
    options = _options()
    sys.exit(asyncio.run(_run(options.only or list(MEASURES), options.size, write=not options.only)))


async def _run(names: list[str], size: str, *, write: bool) -> int:
    work = asyncio.current_task()
    if work is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, work.cancel)
    with tempfile.TemporaryFile() as log:
        try:
            async with asyncio.timeout(TIMEOUT), environment.running(log) as started:
                described = await machine.described(started.database.db)
                figures = await measured(started, SIZES[size], names)
        except (ChildFailed, OSError, EOFError, RuntimeError, TimeoutError) as error:
            log.seek(0)
            log_tail = log.read()[-4000:].decode(errors="replace")
            _print(f"{log_tail}\nIt could not be measured: {str(error) or type(error).__name__}")
            return 1
    printed = table(figures)
    _print(f"\n{printed}")
    if write and size != "small":
        command = "make bench" if size == "default" else f"make bench BENCH={size}"
        section = report.section(command=command, machine=described, size=_size_text(SIZES[size]), table=printed)
        PAGE.write_text(report.renewed(PAGE.read_text("utf-8"), section), "utf-8")
        _print(f"\nwritten into {PAGE.relative_to(PAGE.parents[1])}")
    return 0


async def measured(started: Environment, sizes: Sizes, names: list[str]) -> list[Figure]:
    """Run the named measures one after the other, print progress, and return their figures."""
    figures: list[Figure] = []
    for name in names:
        began = time.perf_counter()
        _print(f"{name} …", end="")
        figures += await MEASURES[name](started, sizes)
        _print(f" {time.perf_counter() - began:.1f} s")
    return figures


def _size_text(sizes: Sizes) -> str:
    return (
        f"Medians of {sizes.rounds} interleaved rounds of {sizes.clicks} clicks one at a time, {sizes.burst} with "
        f"{environment.IN_FLIGHT} in flight, {sizes.claims} claims and {sizes.samples} answers."
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the bridge against bare parts.")
    parser.add_argument("size", nargs="?", default="default", choices=list(SIZES), help="how much of everything")
    parser.add_argument("--only", action="append", choices=list(MEASURES), help="one measure, not written down")
    return parser.parse_args()


def _print(text: str, *, end: str = "\n") -> None:
    sys.stdout.write(f"{text}{end}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
