"""What the OpenAPI document says of things is so: every status can happen and no other, every response fits."""

import json
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator

from bridge import ids
from bridge.agents.openapi import document
from bridge.things.recovery import NOUN
from bridge.things.recovery.examples import EXAMPLES
from storage.model import Json
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door
from tests.bridge.agents.openapi.test_document import LIMITED
from tests.bridge.agents.things import recoveries
from tests.storage import build

DOCUMENT: Json = json.loads(json.dumps(document.document()))
AT = "/v1/recoveries"
JSON = {"Content-Type": "application/json"}


def judge(name: str, value: object) -> list[str]:
    """The errors that the published schema of this name reports."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    return [error.message for error in OAS31Validator(schema).iter_errors(value)]


async def test_every_answer_fits_its_schema(door: Door) -> None:
    opened = await recoveries.report(
        door,
        to={"channel": "C0OPS"},
        owner={"agent": "a"},
        responders={"users": ["U0ANA"]},
        evidence={"n": 1.5},
        agent={"name": "n", "url": "https://example.com/"},
    )
    id = opened.json["id"]
    await recoveries.click(door, id, user="U0EVE")
    await recoveries.resolve(door, id, outcome="blocked", blocker={"external": {"type": "issue", "id": "1"}})
    reached = await recoveries.get(door, id)
    page = await door.call("GET", AT)
    rounds = await door.call("GET", f"/v1/interactions?thing={id}")
    conflict = await recoveries.resolve(door, id)
    feed = await door.call("GET", "/v1/events")

    assert judge("Recovery", opened.json) == judge("RecoveryReached", reached.json) == judge("RecoveryPage", page.json)
    assert judge("RecoveryPage", page.json) == judge("Page", rounds.json) == judge("Problem", conflict.json) == []
    assert judge("ThingTimeline", await recoveries.timeline(door, id)) == judge("EventPage", feed.json) == []
    assert judge("ThingEvent", feed.json["items"][0]) == [] and conflict.status == 409


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
async def test_examples_fit_the_schema_and_are_accepted(door: Door, example: Any) -> None:
    assert judge("RecoveryReport", example.request) == []
    assert (await door.call("POST", AT, json=example.request)).status == 201


async def test_every_status_it_names_can_happen_and_no_other(db: Database, door: Door) -> None:
    """503 is tested in test_routes, where the database goes away, and 429 in test_rate_limiter."""
    id = (await recoveries.report(door, idempotency="k")).json["id"]
    ended = (await recoveries.report(door, source={"type": "b", "id": "2"})).json["id"]
    await recoveries.resolve(door, ended, idempotency="r")
    unknown = NOUN.public_id(ids.new())
    to = {"to": {"channel": "C0X"}}
    async with doors.door(db, await build.tenant(db), keys=None) as without_webhooks:
        webhooks_off = (await recoveries.report(without_webhooks, callback="https://example.com/")).status

    async def wrong(path: str, **sent: Any) -> set[int]:
        """The statuses of what every POST with a body refuses."""
        return {
            (await door.call("POST", path, json=sent, key=None)).status,
            (await door.call("POST", f"{path}?x=1", json=sent)).status,
            (await door.call("POST", path, data=b"x")).status,
            (await door.call("POST", path, data=b"x", headers=JSON)).status,
            (await door.call("POST", path, data=b"x" * 600_000, headers=JSON)).status,
            (await door.call("POST", path, json={"x": 1})).status,
        }

    seen: dict[tuple[str, str], set[int]] = {
        (AT, "post"): await wrong(AT)
        | {webhooks_off, (await recoveries.report(door)).status}
        | {(await recoveries.report(door, source={"type": "b", "id": "3"})).status},
        (AT, "get"): {(await door.call("GET", AT, key=key)).status for key in (door.tenant.secret, None)}
        | {(await door.call("GET", f"{AT}?x=1")).status},
        (f"{AT}/resolve", "post"): await wrong(f"{AT}/resolve")
        | {(await recoveries.resolve(door, source={"type": "b", "id": f"{n}"})).status for n in (3, 4)}
        | {
            (
                await door.call(
                    "POST",
                    f"{AT}/resolve",
                    json={"source": {"type": "b", "id": "2"}, "id": ended, "outcome": "cancelled"},
                )
            ).status
        },
        (f"{AT}/search", "post"): await wrong(f"{AT}/search")
        | {(await door.call("POST", f"{AT}/search", json={"sources": []})).status},
        (f"{AT}/{{id}}/resolve", "post"): await wrong(f"{AT}/{id}/resolve")
        | {(await recoveries.resolve(door, each, outcome="cancelled")).status for each in (ended, unknown)}
        | {(await recoveries.resolve(door, ended)).status},
        (f"{AT}/{{id}}/cards", "post"): await wrong(f"{AT}/{id}/cards")
        | {(await door.call("POST", f"{AT}/{each}/cards", json=to)).status for each in (id, ended, unknown)},
        (f"{AT}/{{id}}", "get"): {
            (await recoveries.get(door, id)).status,
            (await recoveries.get(door, id, key=None)).status,
            (await recoveries.get(door, id, until="x")).status,
            (await recoveries.get(door, unknown)).status,
        },
        (f"{AT}/{{id}}/timeline", "get"): {
            (await door.call("GET", f"{AT}/{id}/timeline")).status,
            (await door.call("GET", f"{AT}/{id}/timeline", key=None)).status,
            (await door.call("GET", f"{AT}/{id}/timeline?wait=1")).status,
            (await door.call("GET", f"{AT}/{unknown}/timeline")).status,
        },
    }
    named = {
        (path, method): {int(status) for status in operation["responses"]}
        for path, operations in DOCUMENT["paths"].items()
        for method, operation in operations.items()
        if path.startswith(AT)
    }

    assert {route: statuses | {429, 503} for route, statuses in seen.items()} == named


SENT = ("RecoveryReport", "RecoveryResolve", "RecoveryResolveSource", "RecoverySearch", "Showing")


@pytest.mark.parametrize("model", [*SENT, "Source", "Owner", "Blocker", "External"])
def test_every_field_that_may_be_sent_has_its_limit(model: str) -> None:
    def limitless(schema: Any) -> bool:
        if schema.get("type") in {"string", "array", "integer"} and not LIMITED & set(schema):
            return True
        return any(limitless(inner) for inner in [*schema.get("anyOf", []), *filter(None, [schema.get("items")])])

    fields = DOCUMENT["components"]["schemas"][model]["properties"]
    assert {name for name, schema in fields.items() if limitless(schema)} == set()
