"""References of a schema, which lead to a place inside it: nothing is ever fetched."""

from typing import Any

from bridge.schemas.refusal import Place, Refused
from storage.model import Json


def target(reference: Any, at: Place, root: Json) -> tuple[Json, Place]:
    """The schema to which a reference at this place leads, and its own place; raises Refused."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        raise Refused(at, 'must lead to a place in the schema itself, such as "#/$defs/Address": nothing is fetched')
    steps = tuple(step.replace("~1", "/").replace("~0", "~") for step in reference[1:].split("/")[1:])
    found: Any = root
    for step in steps:
        found = found.get(step) if isinstance(found, dict) else None
    # A percent sign would be read twice, once as it stands and once as a character that is encoded.
    if reference[1:2] not in ("", "/") or "%" in reference or not isinstance(found, dict):
        raise Refused(at, 'must lead to a schema inside this one, such as "#/$defs/Address"')
    return found, steps
