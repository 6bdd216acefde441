"""Describes the machine of a run, without anything that identifies it: no host names, no paths."""

import os
import platform
from pathlib import Path

from storage.pool import Database

_CPUS = Path("/proc/cpuinfo")


async def described(db: Database) -> str:
    """One line with the processor, its cores, the load before the run, and the versions of PostgreSQL and Python."""
    version = (await db.fetch("select current_setting('server_version') as version"))[0]["version"].split()[0]
    cores = os.cpu_count() or 1
    load = os.getloadavg()[0]
    return (
        f"{_processor()}, {cores} cores (load before: {load:.1f}); PostgreSQL {version} with fsync and "
        f"synchronous_commit on; Python {platform.python_version()}; {platform.system()}."
    )


def _processor() -> str:
    if _CPUS.exists():
        for line in _CPUS.read_text().splitlines():
            if line.startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    return platform.processor() or platform.machine()
