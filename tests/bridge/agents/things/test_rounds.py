"""Rounds of things as interactions: read by id, in no list of questions, and never ended by themselves."""

import pytest

from bridge import ids
from tests.bridge.agents.door import Door, Reply, body, check
from tests.bridge.agents.things import recoveries


async def rounds(door: Door, id: str) -> Reply:
    return await door.call("GET", f"/v1/interactions?thing={id}")


@pytest.fixture
async def opened(door: Door) -> str:
    """The id of a recovery with a card."""
    return str((await recoveries.report(door, to={"channel": "C0OPS"})).json["id"])


async def test_one_names_its_thing_and_has_no_deadline(door: Door, opened: str) -> None:
    (listed,) = (await rounds(door, opened)).json["items"]

    reply = await door.get(listed["id"])

    assert reply.json == listed and reply.json["kind"] == "recovery"
    assert reply.json["thing"] == opened and reply.json["expires_at"] is None
    assert reply.json["message"] == (
        f"People can act on {opened} by its cards now. This is not a question: read {opened} instead."
    )
    assert (await door.get(listed["id"], wait="0.1")).json["status"] == "pending"


async def test_its_message_is_true_of_every_status(door: Door, opened: str) -> None:
    await recoveries.report(door, cause="Other")
    await recoveries.click(door, opened, choice="restored")
    other = (await recoveries.report(door, to={"channel": "C0OPS"}, source={"type": "b", "id": "2"})).json["id"]
    await recoveries.resolve(door, other)

    answered, superseded = (await rounds(door, opened)).json["items"]
    (cancelled,) = (await rounds(door, other)).json["items"]

    assert answered["message"].startswith(f'A person acted on {opened}: "Restored" was chosen by "ana" (U0ANA) at ')
    assert superseded["message"].startswith(f"{opened} has changed, and offers something else since then.")
    assert superseded["superseded_by"] == answered["id"]
    assert cancelled["message"].startswith(f"People could no longer act on {other} by its cards (")
    for each in (answered, superseded, cancelled):
        assert "do not proceed" not in each["message"] and each["expires_at"] is None
        check(await door.get(each["id"]))


async def test_it_is_in_no_list_of_questions(door: Door, opened: str) -> None:
    asked = await door.ask()

    assert [item["id"] for item in (await door.list()).json["items"]] == [asked.json["id"]]
    assert [item["id"] for item in (await door.list(status="pending")).json["items"]] == [asked.json["id"]]
    assert len((await rounds(door, opened)).json["items"]) == 1


async def test_the_rounds_of_a_thing_are_paged(door: Door, opened: str) -> None:
    for number in range(4):
        await recoveries.report(door, cause=f"{number}")

    first = await door.call("GET", f"/v1/interactions?thing={opened}&limit=3")
    second = await door.call("GET", f"/v1/interactions?thing={opened}&limit=3&cursor={first.json['next_cursor']}")

    assert [len(page.json["items"]) for page in (first, second)] == [3, 2]
    assert second.json["next_cursor"] is None


async def test_a_bad_thing_is_named(door: Door, opened: str) -> None:
    for query in ("thing=", "thing=_x", f"thing={'x' * 101}", "thing=a%20b", f"thing={ids.encode('int', ids.new())}"):
        assert (await door.call("GET", f"/v1/interactions?{query}")).status == 400


async def test_a_thing_that_does_not_exist_has_no_rounds(door: Door, opened: str) -> None:
    for query in ("thing=x", f"thing={opened}x"):
        reply = await door.call("GET", f"/v1/interactions?{query}")
        assert (reply.status, reply.json) == (200, {"items": [], "next_cursor": None})


async def test_all_given_filters_must_match(door: Door, opened: str) -> None:
    await recoveries.report(door, cause="Other")

    for query, number in (("status=pending", 1), ("status=superseded", 1), ("status=answered", 0), ("tag=x", 0)):
        reply = await door.call("GET", f"/v1/interactions?thing={opened}&{query}")
        assert len(reply.json["items"]) == number, query


async def test_it_cannot_be_cancelled_reported_on_or_superseded(door: Door, opened: str) -> None:
    (round,) = (await rounds(door, opened)).json["items"]
    asked = await door.rows()

    replies = [
        await door.cancel(round["id"]),
        await door.report(round["id"], status="picked_up"),
        await door.ask(body(supersedes=round["id"])),
    ]

    assert {(reply.status, reply.slug) for reply in replies} == {(409, "belongs_to_thing")}
    assert all(opened in reply.json["detail"] and reply.json["interaction"]["thing"] == opened for reply in replies)
    assert (await door.get(round["id"])).json["status"] == "pending" and await door.rows() == asked


async def test_an_answered_one_gets_no_receipt(door: Door, opened: str) -> None:
    await recoveries.click(door, opened)
    (round,) = (await rounds(door, opened)).json["items"]

    refused = await door.report(round["id"], status="succeeded")

    assert (refused.status, refused.slug) == (409, "belongs_to_thing")
    assert (await door.get(round["id"])).json["receipt"] is None


async def test_reading_its_end_acknowledges_nothing(door: Door, opened: str) -> None:
    await recoveries.click(door, opened)
    (round,) = (await rounds(door, opened)).json["items"]

    await door.get(round["id"])

    assert not door.notifier.has_acknowledged


async def test_its_timeline_has_its_clicks(door: Door, opened: str) -> None:
    await recoveries.click(door, opened)
    (round,) = (await rounds(door, opened)).json["items"]

    told = (await door.call("GET", f"/v1/interactions/{round['id']}/timeline")).json

    assert [item["verdict"] for item in told["items"] if item["type"] == "interaction.clicked"] == ["won"]
    assert told["message"].startswith(f"A person acted on {opened}")
