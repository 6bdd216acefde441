"""What carries news to agents: the same envelope in every webhook, whatever became of its first attempt."""

import json
from datetime import datetime
from uuid import UUID

from bridge import ids
from bridge.agents import resource
from storage.model import Json


def envelope(*, id: UUID, type: str, at: datetime, data: Json) -> Json:
    """An event as agents get it; `data` is the resource that it is about."""
    return {"id": ids.encode("evt", id), "type": type, "timestamp": resource.moment(at), "data": data}


def written(value: Json) -> bytes:
    """The bytes of a body, which are what is signed."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
