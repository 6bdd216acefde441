"""What an agent may send in a body: a question of some kind with its routing, or why one is withdrawn."""

import hashlib
import json
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, ValidationError, create_model

from bridge.agents.http import problems, validation_errors
from bridge.agents.interactions.routing import Routing
from bridge.fields import Strict, Text, WebAddress, Words
from bridge.kinds.contract import Kind
from bridge.kinds.registry import KINDS
from storage.model import Json, Progress
from storage.receipts import Receipt

M = TypeVar("M", bound=Strict)

MOST_SUMMARY = 300  # characters


class Cancellation(Strict):
    """Why a question is withdrawn."""

    reason: (
        Annotated[Text, Field(max_length=500, description="Shown on the card, and told to whoever still clicks")] | None
    ) = None


class Report(Strict):
    """What an agent reports of an answer it acts on."""

    status: Literal["picked_up", "succeeded", "failed"]
    summary: (
        Annotated[Words, Field(min_length=1, max_length=MOST_SUMMARY, description="What came of it; shown on the card")]
        | None
    ) = None
    url: Annotated[WebAddress, Field(description="Where to read more; the card shows its host")] | None = None


def model(kind: Kind[Any]) -> type[Routing]:
    """The whole body for one kind."""
    name = f"Create{kind.name.capitalize()}"
    return create_model(name, __base__=(Routing, kind.request), __doc__=f"Ask: {kind.request.__doc__}")


MODELS: dict[str, type[Routing]] = {name: model(kind) for name, kind in KINDS.items()}


def validate(body: Json) -> tuple[Kind[Any], Routing, Any]:
    """A body's kind, and the body as routing and as the kind's request (one object, two views); raises Problem."""
    name = body.get("kind")
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise problems.invalid("/kind", f"must be {validation_errors.either(KINDS)}")
    valid = _valid(MODELS[kind.name], body)
    return kind, valid, valid


def cancellation(body: Json) -> str:
    """The reason in the body of a cancellation, or nothing; raises Problem."""
    return (_valid(Cancellation, body).reason or "").strip()


def receipt(body: Json) -> Receipt:
    """The receipt in a body; raises Problem."""
    sent = _valid(Report, body)
    return Receipt(status=Progress(sent.status), summary=sent.summary, url=str(sent.url) if sent.url else None)


def on_expiry(kind: Kind[Any], routing: Routing, asked: Any) -> str | None:
    """The choice that counts when the deadline passes, if one was named; raises Problem."""
    if routing.on_expiry is None:
        return None
    wanted = routing.on_expiry.model_dump(exclude_none=True)
    if (choice := kind.choice_of(asked, wanted)) is None:
        raise problems.invalid(f"/on_expiry/{next(iter(wanted))}", f"must be an answer that this {kind.name} can have")
    return choice


def fingerprint(body: Json) -> bytes:
    """What an idempotency key stands for: SHA-256 of the body as JSON, whatever the order of its names."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).digest()


def _valid(model: type[M], body: Json) -> M:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        found = [
            (validation_errors.pointer(body, wrong), validation_errors.words(wrong))
            for wrong in error.errors(include_url=False)
        ]
        raise problems.invalid(*found[0], others=found[1:]) from None
