"""The bodies that agents send about interactions: a request of some kind with its routing, a reason, a receipt."""

import hashlib
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, create_model

from bridge.agents.http import problems, validation_errors
from bridge.agents.interactions.common_fields import Routing
from bridge.fields import Strict, Text, WebAddress, Words
from bridge.kinds.contract import Kind
from bridge.kinds.registry import KINDS
from storage import json_text
from storage.model import Json, Progress
from storage.receipts import Receipt

MAX_SUMMARY = 300  # characters
_MAX_NAMED = 6  # possible answers that a refusal names


class Cancellation(Strict):
    """Why a question is withdrawn."""

    reason: (
        Annotated[Text, Field(max_length=500, description="Shown on the card and in private replies to later clicks")]
        | None
    ) = None


class Report(Strict):
    """What an agent reports of an answer it acts on."""

    status: Literal["picked_up", "succeeded", "failed"]
    summary: (
        Annotated[
            Words,
            Field(min_length=1, max_length=MAX_SUMMARY, description="The result, in a sentence; shown on the card"),
        ]
        | None
    ) = None
    url: Annotated[WebAddress, Field(description="A page with details; the card shows its host")] | None = None


def model(kind: Kind[Any]) -> type[Routing]:
    """The model of the body for one kind: its own fields and the routing."""
    name = f"Create{kind.name.capitalize()}"
    return create_model(name, __base__=(Routing, kind.request), __doc__=f"Ask: {kind.request.__doc__}")


MODELS: dict[str, type[Routing]] = {name: model(kind) for name, kind in KINDS.items()}


def _elsewhere(kind: str) -> dict[str, str]:
    """For each field that only other kinds have, which kinds these are."""
    having: dict[str, list[str]] = {}
    for name, other in MODELS.items():
        for field in other.model_fields.keys() - MODELS[kind].model_fields.keys():
            having.setdefault(field, []).append(name)
    return {
        field: f"is a field of the kind {validation_errors.either(names)}, and not of {kind}"
        for field, names in having.items()
    }


_ELSEWHERE = {kind: _elsewhere(kind) for kind in MODELS}


def validate(body: Json) -> tuple[Kind[Any], Routing, Any]:
    """A body's kind, and the body as routing and as the kind's request: one object, returned twice.

    Raises ApiProblem.
    """
    name = body.get("kind")
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise problems.invalid("/kind", f"must be {validation_errors.either(KINDS)}")
    valid = validation_errors.validate(MODELS[kind.name], body, elsewhere=_ELSEWHERE[kind.name])
    return kind, valid, valid


def cancellation(body: Json) -> str:
    """The reason in the body of a cancellation, which may be empty; raises ApiProblem."""
    return (validation_errors.validate(Cancellation, body).reason or "").strip()


def receipt(body: Json) -> Receipt:
    """The receipt in a body; raises ApiProblem."""
    report = validation_errors.validate(Report, body)
    return Receipt(status=Progress(report.status), summary=report.summary, url=str(report.url) if report.url else None)


def on_expiry(kind: Kind[Any], routing: Routing, request: Any) -> str | None:
    """The choice that is the default answer when the deadline passes, if the body has one; raises ApiProblem."""
    if routing.on_expiry is None:
        return None
    wanted = routing.on_expiry.model_dump(exclude_none=True)
    if (choice := kind.choice_of(request, wanted)) is not None:
        return choice
    raise problems.invalid(f"/on_expiry/{next(iter(wanted))}", _no_default(kind, request, wanted))


def _no_default(kind: Kind[Any], request: Any, wanted: Json) -> str:
    """Why the answer that contains `wanted` cannot be a default, and which answers can."""
    answers = [answer.given() for answer in kind.choices(request).values()]
    if not answers:
        return f"cannot be used here, because a person gives every answer of this {kind.name} in a form: leave it out"
    suggested = [answer for answer in answers if "text" in answer]
    is_suggestion = "text" in wanted and bool(suggested)
    named = suggested if is_suggestion else answers
    possible = [json_text.dumps(answer, ensure_ascii=False) for answer in named[:_MAX_NAMED]]
    more = " or another option" if len(named) > _MAX_NAMED else ""
    which = f"{' or '.join(possible)}{more}"
    if kind.needs_words(request, wanted):
        return f"cannot be an answer that needs words of a person: use {which}, or leave it out"
    what = 'one of "suggestions"' if is_suggestion else f"a possible answer of this {kind.name}"
    return f"must be {what}: {which}"


def fingerprint(body: Json) -> bytes:
    """SHA-256 of a body as JSON with sorted names: what tells a repeated request from another with the same key."""
    written = json_text.dumps(_with_doubles(body), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).digest()


def _with_doubles(value: Any) -> Any:
    """The body with a double for each number that one holds exactly, because earlier releases hashed these."""
    match value:
        case Decimal():
            return double if Decimal(repr(double := float(value))) == value else value
        case dict():
            return {name: _with_doubles(inner) for name, inner in value.items()}
        case list():
            return [_with_doubles(inner) for inner in value]
    return value
