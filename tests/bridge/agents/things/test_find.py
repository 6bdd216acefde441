"""Recoveries in lists and by search."""

import json
from typing import Any

from openapi_schema_validator import OAS31Validator

from bridge import ids
from bridge.agents.openapi import document
from storage.model import Json
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import Door
from tests.bridge.agents.things import recoveries
from tests.storage import build


async def test_each_filter_finds_what_it_names(door: Door) -> None:
    sources = [{"type": "build", "id": str(number)} for number in range(4)]
    owners: list[Json | None] = [{"agent": "a"}, {"user": "U0ANA"}, None, {"agent": "a"}]
    opened = [
        (await recoveries.report(door, source=source, owner=owner, fingerprint=f"f{number % 2}")).json["id"]
        for number, (source, owner) in enumerate(zip(sources, owners, strict=True))
    ]
    await recoveries.resolve(door, opened[3])
    again = (await recoveries.report(door, source=sources[3], fingerprint="f1")).json["id"]
    zero, one, two, three = opened

    assert await recoveries.listed(door) == [again, three, two, one, zero]
    assert await recoveries.listed(door, source_type="build", source_id="3") == [again, three]
    assert await recoveries.listed(door, source_type="build", source_id="3", open="true") == [again]
    assert await recoveries.listed(door, source_type="build", source_id="3", open="false") == [three]
    assert await recoveries.listed(door, open="true") == [again, two, one, zero]
    assert await recoveries.listed(door, open="false") == [three]
    assert await recoveries.listed(door, status="resolved") == [three]
    assert await recoveries.listed(door, status="resolved", open="true") == []
    assert await recoveries.listed(door, fingerprint="f1") == [again, three, one]
    assert await recoveries.listed(door, fingerprint="f1", status="active", owner_user="U0ANA") == [one]
    assert await recoveries.listed(door, owner_agent="a") == [three, zero]
    assert await recoveries.listed(door, owner_user="U0ANA") == [one]
    assert await recoveries.listed(door, owner_user="U0BOB") == []


async def test_pages_follow_each_other_though_new_ones_are_opened(door: Door) -> None:
    opened = [(await recoveries.report(door, source={"type": "b", "id": f"{n}"})).json["id"] for n in range(5)]
    seen, cursor = [], None
    for _ in range(3):
        reply = await door.call("GET", "/v1/recoveries", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        seen += [item["id"] for item in reply.json["items"]]
        cursor = reply.json["next_cursor"]
        await recoveries.report(door, source={"type": "new", "id": str(ids.new())})

    assert seen == opened[::-1] and cursor is None


async def test_a_page_of_large_ones_ends_early_and_goes_on(door: Door) -> None:
    large: dict[str, Any] = {"evidence": {"x": "y" * 16_000}, "metadata": {"x": "y" * 16_000}}
    opened = [
        (await recoveries.report(door, source={"type": "b", "id": f"{n}"}, **large)).json["id"] for n in range(40)
    ]

    first = await door.call("GET", "/v1/recoveries?limit=200")
    second = await door.call("GET", "/v1/recoveries", params={"limit": 200, "cursor": first.json["next_cursor"]})

    assert 1_000_000 < len(first.raw) < 1_200_000
    assert [item["id"] for page in (first, second) for item in page.json["items"]] == opened[::-1]
    assert second.json["next_cursor"] is None


async def test_a_bad_query_is_named(door: Door) -> None:
    for query, words in (
        ("source_type=build", "source_type goes together with source_id"),
        ("source_id=1", "source_id goes together with source_type"),
        ("open=yes", "open must be true or false"),
        ("status=gone", "status must be one of active, escalated, resolved, cancelled"),
        ("fingerprint=", "fingerprint must have 1 to 200 characters"),
        ("fingerprint=%00", "fingerprint must have 1 to 200 characters"),
        ("owner_user=ana", "owner_user must be a Slack user id"),
        ("tag=x", "Unknown parameter 'tag'"),
        ("limit=0", "limit must be"),
        ("cursor=x", "cursor must be"),
        ("open=true&open=true", "open must be given once"),
    ):
        reply = await door.call("GET", f"/v1/recoveries?{query}")
        assert reply.status == 400 and words in reply.json["detail"], reply.json


async def test_a_search_finds_the_open_ones_of_sources(db: Database, door: Door) -> None:
    sources = [{"type": "build", "id": str(number)} for number in range(3)]
    opened = [(await recoveries.report(door, source=source)).json["id"] for source in sources]
    await recoveries.resolve(door, opened[1])
    async with doors.door(db, await build.tenant(db)) as theirs:
        await recoveries.report(theirs, source={"type": "build", "id": "9"})

    asked = [*sources, sources[0], {"type": "build", "id": "9"}, {"type": "other", "id": "0"}]
    found = await door.call("POST", "/v1/recoveries/search", json={"sources": asked})

    assert [item["id"] for item in found.json["items"]] == [opened[2], opened[0]]
    assert found.json["next_cursor"] is None and judge("RecoveryPage", found.json) == []
    none = await door.call("POST", "/v1/recoveries/search", json={"sources": []})
    assert (none.status, none.json["items"]) == (200, [])


async def test_a_search_takes_a_thousand_sources_and_no_more(door: Door) -> None:
    await recoveries.report(door, source={"type": "build", "id": "999"})
    sources = [{"type": "build", "id": str(n), "url": "https://example.com/"} for n in range(1_001)]

    found = await door.call("POST", "/v1/recoveries/search", json={"sources": sources[:1_000]})
    refused = await door.call("POST", "/v1/recoveries/search", json={"sources": sources})

    assert len(found.json["items"]) == 1
    assert (refused.status, refused.pointers) == (422, ["/sources"])


def judge(name: str, value: object) -> list[str]:
    """The errors that the published schema of this name reports."""
    components = json.loads(json.dumps(document.document()["components"]))
    schema = {"$ref": f"#/components/schemas/{name}", "components": components}
    return [error.message for error in OAS31Validator(schema).iter_errors(value)]
