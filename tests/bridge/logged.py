"""Reads log events."""

import io
import json
from typing import Any


def events(log: io.StringIO) -> list[dict[str, Any]]:
    """The logged events with their keys, without times."""
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    return [{key: value for key, value in line.items() if key != "at"} for line in lines]
