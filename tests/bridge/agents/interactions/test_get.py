"""Reading interactions of the own organization; one of another is answered as one that does not exist."""

from typing import Any

import pytest

from bridge import ids
from storage.pool import Database
from tests.bridge.agents.door import Door, body
from tests.storage import build, card_moves

CANARY = "canary-7c1e"


async def test_what_is_not_ours_is_not_there(door: Door) -> None:
    neighbour = await build.tenant(door.db)
    foreign = (await door.ask(key=neighbour.secret)).json["id"]
    mine = (await door.ask()).json["id"]
    not_there = [
        foreign,
        ids.encode("int", ids.new()),
        ids.encode("con", door.tenant.connection.id),
        mine.upper(),
        mine + "0",
        mine[:-1],
        "int_",
        "int_8zzzzzzzzzzzzzzzzzzzzzzzzz",
        "x" * 3000,
        "%00",
        "%ff",
        "%F0%9F%98%80",
        "..%2Fx",
        "int_%2525",
    ]
    for method, path in (
        ("GET", "/v1/interactions/{}"),
        ("GET", "/v1/interactions/{}?wait=60"),
        ("GET", "/v1/interactions/{}/timeline"),
        ("POST", "/v1/interactions/{}/cancel"),
    ):
        replies = [await door.call(method, path.format(id)) for id in not_there]

        assert {(reply.status, reply.raw) for reply in replies} == {(404, replies[0].raw)}
        assert {tuple(sorted(set(reply.headers) - {"Date"})) for reply in replies} == {
            tuple(sorted(set(replies[0].headers) - {"Date"}))
        }


async def test_nothing_of_another_organization_is_ever_told(door: Door) -> None:
    said: dict[str, Any] = {"tags": [CANARY], "metadata": {CANARY: CANARY}, "agent": {"name": CANARY}}
    ours = await door.ask(body(title=CANARY, body=CANARY, **said), idempotency=CANARY)
    await door.click(ours.id, user_name=CANARY)
    connection = ids.encode("con", door.tenant.connection.id)
    neighbour = await build.tenant(door.db)

    replies = [
        await door.call(method, path, key=neighbour.secret, **other)
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
        for path in (
            "/openapi.json",
            "/v1/interactions",
            f"/v1/interactions/{ours.json['id']}",
            f"/v1/interactions/{ours.json['id']}?wait=1",
            f"/v1/interactions/{ours.json['id']}/timeline",
            f"/v1/interactions/{ours.json['id']}/cancel",
        )
        for other in (
            {"json": body(title="ours"), "headers": {"Idempotency-Key": CANARY}},
            {"json": body(title="ours", connection=connection)},
            {"json": body(title="ours", supersedes=ours.json["id"])},
        )
        if not (method == "GET" and "json" in other and path == "/v1/interactions")
    ]

    secrets = [CANARY.encode(), connection.encode(), str(door.tenant.scope.organization_id).encode()]
    assert not any(secret in reply.raw for secret in secrets for reply in replies if reply.status not in {200, 201})
    created = [reply for reply in replies if "id" in reply.json]
    assert {reply.status for reply in created} == {201}  # under its own organization, the key is new
    assert not any(
        secret in reply.raw.replace(b'"idempotency_key": "' + CANARY.encode() + b'"', b"")
        for secret in [*secrets, ours.json["id"].encode()]
        for reply in created
    )


async def test_what_decides_stands_first(door: Door) -> None:
    """A database keeps no order of names; a person or a model reads an answer from its beginning."""
    asked, lost = await door.ask(), await door.ask()
    await door.click(asked.id)
    await door.cancel(lost.json["id"], "Over.")

    answer = (await door.get(asked.json["id"])).json["answer"]

    assert list(answer) == ["decision", "approved", "option", "label", "by", "at", "via"]
    assert list(answer["by"]) == ["user", "name", "team"]
    assert list((await door.get(lost.json["id"])).json["reason"]) == ["code", "detail", "fix"]


async def test_every_copy_says_what_it_shows(door: Door) -> None:
    asked = await door.ask(body(to=[{"channel": "C0A"}, {"channel": "C0B"}, {"user": "U0ANA"}]))
    interaction = await build.read(door.db, door.tenant, asked.id)
    first, second, _ = await card_moves.lease(door.db, interaction)
    await card_moves.post(door.db, first)
    await card_moves.give_up(door.db, second)

    before = (await door.get(asked.json["id"])).json["cards"]
    await door.click(asked.id)
    (posted,) = [card for card in await card_moves.lease(door.db, interaction) if card.ts]
    clicked = (await door.get(asked.json["id"])).json["cards"]
    await card_moves.edit(door.db, posted)
    after = (await door.get(asked.json["id"])).json["cards"]

    assert [copy["status"] for copy in before] == ["posted", "failed", "queued"]
    assert [copy["status"] for copy in clicked] == ["posted", "failed", "queued"]
    assert [copy["status"] for copy in after] == ["settled", "failed", "queued"]
    assert before[1]["reason"] == card_moves.ARCHIVED


@pytest.mark.parametrize("path", ["/v1/interactions/int_x", "/v1/interactions/int_x/timeline", "/openapi.json"])
async def test_times_and_ids_are_written_one_way(door: Door, path: str) -> None:
    asked = (await door.ask()).json

    assert asked["id"].startswith("int_") and len(asked["id"]) == 30
    assert asked["created_at"].endswith("Z") and len(asked["created_at"]) == len("2026-11-21T10:00:00.000Z")
    assert (await door.call("GET", path, key=None)).status == (200 if path == "/openapi.json" else 401)


async def test_a_question_of_a_disabled_connection_can_still_be_read(door: Door, db: Database) -> None:
    asked = await door.ask()
    await db.fetch("update connections set disabled_at = clock_timestamp()")

    assert (await door.get(asked.json["id"])).json == asked.json
