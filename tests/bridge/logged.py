"""The events that were logged."""

import io
import json
from typing import Any


def events(log: io.StringIO) -> list[dict[str, Any]]:
    """Each event with its keys, without its time."""
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    return [{key: value for key, value in line.items() if key != "at"} for line in lines]
