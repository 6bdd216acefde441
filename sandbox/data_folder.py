"""Choose the folder in which `make dev` keeps its data: the one that it names, unless PostgreSQL cannot reach it.

    python -m sandbox.data_folder .dev

prints the folder. As root PostgreSQL runs as another account, which cannot pass through a folder such as /root: then a
folder below /var/tmp stands for the named one, always the same for the same name.
"""

import hashlib
import os
import sys
from pathlib import Path
from typing import Final

from sandbox.postgres import account
from sandbox.postgres.errors import PostgresError

_REACHABLE: Final = Path("/var/tmp")  # noqa: S108  -- every account can pass through; the folder in it is made private


def choose(wanted: Path) -> Path:
    """The wanted folder, or the one that stands for it; raises nothing, because the start says what is wrong."""
    whole = wanted.expanduser().resolve()
    try:
        runner = account.choose(None, cluster=whole / "postgres" / "cluster")
        if not runner.is_another:
            return wanted
        there = [folder for folder in [*reversed(whole.parents), whole] if folder.exists()]
        if runner.first_blocked(there) is None:
            return wanted
    except PostgresError:
        return wanted
    return _REACHABLE / f"askbridge-{hashlib.sha256(os.fsencode(whole)).hexdigest()[:12]}"


if __name__ == "__main__":
    print(choose(Path(sys.argv[1])))  # noqa: T201  -- printing is what this command does
