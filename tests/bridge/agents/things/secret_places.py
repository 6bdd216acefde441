"""The bodies of all requests about things, and all their fields, as `/openapi.json` describes them.

A request that the description gains fails the tests until it has a body in `BODIES`; a field joins by itself. Fields
that the description does not name as free text must refuse secrets.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from bridge.agents.openapi import document
from bridge.things.registry import NOUNS
from storage.model import Json
from tests.generated import grammar
from tests.generated.grammar import Path

SECRETS: Final = "secrets"
FREE: Final = frozenset(
    {
        *("title", "description", "message", "initial_message"),
        *("cause", "next_action", "note"),
        *("reason", "notes"),
        *("body", "acceptance", "result"),
        *("evidence", "metadata"),  # the values in them
    }
)
"""The fields with free text, in which secrets are hidden."""

_SOURCE: Final = {"type": "build", "id": "4711"}
RUN: Final = "run-1"
BODIES: Final[dict[str, Json]] = {
    "POST /v1/recoveries": {
        "source": _SOURCE,
        "kind": "timeout",
        "cause": "The runner did not answer.",
        "fingerprint": "runner-timeout",
        "next_action": "Restart the runner.",
        "to": {"channel": "C0APPROVALS"},
    },
    "POST /v1/recoveries/resolve": {"source": _SOURCE, "outcome": "restored"},
    "POST /v1/recoveries/search": {"sources": [_SOURCE]},
    "POST /v1/recoveries/{id}/resolve": {"outcome": "restored"},
    "POST /v1/recoveries/{id}/cards": {"to": {"channel": "C0GENERAL"}},
    "POST /v1/incidents": {
        "title": "Checkout is slow",
        "severity": "minor",
        "systems": ["checkout"],
        "agent": {"run": RUN},
        "to": {"channel": "C0APPROVALS"},
    },
    "POST /v1/incidents/updates": {"run": RUN, "message": "Rolled back."},
    "POST /v1/incidents/status": {"run": RUN, "status": "fixing"},
    "POST /v1/incidents/resolve": {"run": RUN},
    "PATCH /v1/incidents/{id}": {"severity": "major"},
    "POST /v1/incidents/{id}/updates": {"message": "Rolled back."},
    "POST /v1/incidents/{id}/status": {"status": "monitoring"},
    "POST /v1/incidents/{id}/resolve": {},
    "POST /v1/incidents/{id}/cards": {"to": {"channel": "C0GENERAL"}},
    "POST /v1/fixes": {
        "session": "alert-8841",
        "title": "Restart the workers",
        "key": "stuck-workers",
        "to": {"channel": "C0APPROVALS"},
    },
    "POST /v1/fixes/{id}/outcome_proposal": {"outcome": "applied_failed", "reason": "It hangs again."},
    "PATCH /v1/fixes/{id}": {"outcome": "applied_failed", "reason": "It hangs again."},
    "POST /v1/fixes/{id}/cards": {"to": {"channel": "C0GENERAL"}},
    "POST /v1/work": {"title": "Import the customers", "phase": "import", "to": {"channel": "C0APPROVALS"}},
    "PATCH /v1/work/{id}": {"title": "Import the customers", "acceptance": {"rows": 3}},
    "POST /v1/work/lease": {"owner": "worker-1"},
    "POST /v1/work/reclaim": {},
    "POST /v1/work/{id}/renew": {"fence": 1},
    "POST /v1/work/{id}/release": {"fence": 1, "reason": "The machine restarts."},
    "POST /v1/work/{id}/complete": {"result": "All of them."},
    "POST /v1/work/{id}/block": {"reason": "No access."},
    "POST /v1/work/{id}/unblock": {},
    "POST /v1/work/{id}/reclaim": {"reason": "It hangs."},
    "POST /v1/work/{id}/link": {"depends_on": "import-orders"},
    "POST /v1/work/{id}/unlink": {"depends_on": "import-orders"},
    "POST /v1/work/{id}/cards": {"to": {"channel": "C0GENERAL"}},
}
"""A body of each request that is accepted."""
OTHERS: Final[dict[str, tuple[Json, ...]]] = {
    "PATCH /v1/fixes/{id}": ({"outcome": "applied_partial", "notes": "Half of them run."},),
    "POST /v1/work": (
        {"title": "Import the customers", "status": "blocked", "reason": "No access."},
        {"title": "Import the customers", "status": "done", "result": "All of them."},
    ),
}
"""Other bodies, with fields that do not go together with those of the first."""
HELD: Final = frozenset({f"POST /v1/work/{{id}}/{move}" for move in ("renew", "release", "reclaim")})
"""The requests about a work item that an agent holds; the fence in their bodies is that of its first lease."""
NAMED: Final = {"work": "import-orders"}
"""The id of another thing that bodies name, by the plural of its noun."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A field of a body, at any depth."""

    path: Path
    limit: int = 1_000  # characters
    is_text: bool = True  # or JSON of any shape

    @property
    def pointer(self) -> str:
        return "".join(f"/{step}" for step in self.path)

    @property
    def is_free(self) -> bool:
        """Whether secrets are hidden in it."""
        return self.is_text and not FREE.isdisjoint(self.path)


@dataclass(frozen=True, kw_only=True)
class Described:
    """A request about things of one noun."""

    plural: str
    method: str
    path: str
    body: Json
    excluded: frozenset[str]  # fields that do not go together with those of the body
    texts: tuple[Place, ...]  # that a string, a number or another single value may stand in
    whole: tuple[Place, ...]  # lists and objects
    names: tuple[Place, ...]  # objects, the body among them

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_opening(self) -> bool:
        """Whether it opens things."""
        return self.name == f"POST /v1/{self.plural}"

    @property
    def free(self) -> list[Place]:
        """The fields of this body in which secrets are hidden."""
        return [place for place in self.texts if place.is_free and place.path[0] not in self.excluded]

    @property
    def bound(self) -> list[Place]:
        """The fields in which secrets are refused."""
        return [place for place in [*self.texts, *self.whole] if not place.is_free]

    def with_values(self, values: dict[Path, Any]) -> Json:
        """The body with these values in its fields."""
        body: Any = self.body
        for path, value in values.items():
            body = grammar.placed(body, path, value)
        return dict(body)


def described() -> list[Described]:
    """Every request about things that has a body, once with each of its bodies."""
    whole = document.document()
    schemas = whole["components"]["schemas"]
    found = []
    for path, operations in whole["paths"].items():
        for method, operation in operations.items():
            plural = next((noun.plural for noun in NOUNS.values() if path.split("/")[2] == noun.plural), None)
            if plural is not None and "requestBody" in operation:
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                name, fields = f"{method.upper()} {path}", _sorted(_fields(schema, schemas, ()))
                bodies = [BODIES.get(name, {}), *OTHERS.get(name, ())]
                found += [
                    Described(
                        plural=plural,
                        method=method.upper(),
                        path=path,
                        body=body,
                        excluded=frozenset().union(*bodies) - body.keys(),
                        **fields,
                    )
                    for body in bodies
                ]
    return found


def _sorted(fields: Iterable[tuple[str, Place]]) -> dict[str, tuple[Place, ...]]:
    """The fields by their sort, each once, but not the list of secrets."""
    found: dict[str, dict[Place, None]] = {"texts": {}, "whole": {}, "names": {}}
    for sort, place in fields:
        if SECRETS not in place.path:
            found[sort][place] = None
    return {sort: tuple(places) for sort, places in found.items()}


def _fields(schema: Json, schemas: Json, path: Path) -> Iterator[tuple[str, Place]]:
    is_text = schema.get("type") in (None, "string", "object")
    place = Place(path=path, limit=schema.get("maxLength", 1_000), is_text=is_text)
    match schema:
        case {"$ref": ref}:
            yield from _fields(schemas[ref.rpartition("/")[2]], schemas, path)
        case {"anyOf": several} | {"oneOf": several}:
            for one in several:
                yield from _fields(one, schemas, path)
        case {"properties": inner}:
            yield from [("whole", place)] if path else []
            yield "names", place
            for name, of in inner.items():
                yield from _fields(of, schemas, (*path, name))
        case {"type": "object"}:  # JSON of any shape
            yield "whole", place
            for below in ((), ("a",), ("a", "b", 0)):
                yield "names", Place(path=(*path, *below[:2]))
            yield "texts", Place(path=(*path, "a", "b", 0))
        case {"items": of}:
            yield "whole", place
            yield from _fields(of, schemas, (*path, 0))
        case {"type": "null"}:
            return
        case _:
            yield "texts", place


def names_without_body() -> set[str]:
    """The requests that have no body here, and the bodies that belong to none."""
    return {each.name for each in described()} ^ set(BODIES)
