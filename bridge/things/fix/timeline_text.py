"""What happened to a fix, for its timeline: the words for moves whose names do not say it all."""

from types import MappingProxyType
from typing import Final

from bridge.representation import status_text
from storage.model import Json

_DECIDED: Final = MappingProxyType(
    {
        "one_off": "Decision to apply it, made",
        "draft_template": "Decision to draft a template, made",
        "build_template": "Decision to build a template, made",
        "dismissed": "Dismissed",
    }
)


def happened(move: str, detail: Json) -> str | None:
    """What a move did, without a full stop; None: what its name says."""
    if move == "decided":
        return _DECIDED.get(str(detail.get("decision")))
    if move == "outcome":
        return "Outcome recorded"
    if move == "superseded" and (newer := detail.get("superseded_by")):
        return f"Superseded by {status_text.one_line(newer)}, which was proposed"
    return None
