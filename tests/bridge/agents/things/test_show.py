"""Showing a thing at more places."""

from storage.pool import Database
from tests.bridge.agents.door import Door, Reply
from tests.bridge.agents.things import recoveries


async def show(door: Door, id: str, to: object, *, idempotency: str = "") -> Reply:
    headers = {"Idempotency-Key": idempotency} if idempotency else {}
    return recoveries.check(await door.call("POST", f"/v1/recoveries/{id}/cards", json={"to": to}, headers=headers))


async def test_a_card_is_added_and_the_others_stay(door: Door) -> None:
    id = (await recoveries.report(door, to={"channel": "C0OPS"})).json["id"]

    shown = await show(door, id, [{"channel": "C0MORE"}, {"channel": "C0OPS"}])
    again = await show(door, id, {"channel": "C0MORE"})

    assert shown.status == 200 and shown.json["to"] == again.json["to"] == [{"channel": "C0OPS"}, {"channel": "C0MORE"}]
    assert len(shown.json["cards"]) == len(again.json["cards"]) == 2
    assert shown.json["attempt_count"] == 1


async def test_it_stays_there_when_the_owner_changes_and_the_card_of_the_owner_follows(door: Door) -> None:
    id = (await recoveries.report(door, owner={"user": "U0ANA"})).json["id"]
    await show(door, id, {"channel": "C0OPS"})

    moved = await recoveries.report(door, owner={"user": "U0BOB"})

    assert moved.json["to"] == [{"user": "U0BOB"}, {"channel": "C0OPS"}]
    assert len(moved.json["cards"]) == 2  # that of the first owner was retired


async def test_one_without_a_card_gets_its_first(door: Door) -> None:
    id = (await recoveries.report(door)).json["id"]

    shown = await show(door, id, {"channel": "C0OPS"})

    assert [card["status"] for card in shown.json["cards"]] == ["queued"]
    await recoveries.click(door, id)


async def test_an_ended_one_is_not_shown(door: Door) -> None:
    id = (await recoveries.report(door)).json["id"]
    await recoveries.resolve(door, id)

    refused = await show(door, id, {"channel": "C0OPS"})

    assert (refused.status, refused.slug) == (409, "illegal_move")
    assert "resolved" in refused.json["detail"] and refused.json["thing"]["cards"] == []


async def test_a_bad_address_is_named(door: Door) -> None:
    id = (await recoveries.report(door)).json["id"]

    for to, pointer in (({"channel": "ops"}, "/to/channel"), ([], "/to"), ({}, "/to"), (None, "/to")):
        refused = await show(door, id, to)
        assert refused.status == 422 and refused.pointers[0].startswith(pointer), refused.json


async def test_there_are_not_ever_more_places(door: Door) -> None:
    id = (await recoveries.report(door)).json["id"]
    for number in range(2):
        assert (await show(door, id, [{"channel": f"C{number}{n}"} for n in range(10)])).status == 200

    refused = await show(door, id, {"channel": "C0MORE"})

    assert (refused.status, refused.pointers) == (422, ["/to"])


async def test_a_repeated_request_adds_nothing(db: Database, door: Door) -> None:
    id = (await recoveries.report(door)).json["id"]
    await show(door, id, {"channel": "C0OPS"}, idempotency="k")

    again = await show(door, id, {"channel": "C0OPS"}, idempotency="k")

    assert again.headers["Idempotency-Replayed"] == "true" and len(again.json["cards"]) == 1
    assert (await db.fetch("select wanted from cards"))[0]["wanted"] == 1
