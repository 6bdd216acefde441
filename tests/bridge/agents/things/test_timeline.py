"""The timeline of a thing: moves, clicks with their verdicts, cards and deliveries, each in words."""

from tests.bridge.agents.door import Door
from tests.bridge.agents.things import recoveries
from tests.storage import build


async def test_it_tells_moves_clicks_and_deliveries_in_their_order(door: Door) -> None:
    await build.endpoint(door.db, door.tenant, types=["recovery.*"])
    id = (await recoveries.report(door, to={"channel": "C0OPS"}, responders={"users": ["U0ANA"]})).json["id"]
    await recoveries.click(door, id, user="U0EVE")
    blocked = await recoveries.click(door, id, choice="blocked")
    await recoveries.click(door, id, choice="restored")
    await door.call("GET", "/v1/events")  # numbers the events, which writes their deliveries

    told = await recoveries.timeline(door, id)

    assert told["status"] == "resolved" and len(told["cards"]) == 1 and blocked.verdict == "refused"
    by_type = [(item["type"], item["verdict"]) for item in told["items"] if not item["type"].startswith("delivery.")]
    assert by_type[0] == ("recovery.opened", None)
    assert [verdict for type, verdict in by_type if type == "interaction.clicked"] == ["not_yours", "refused", "won"]
    moments = {item["type"]: item for item in told["items"]}
    assert moments["recovery.opened"]["message"] == 'Opened by "deploy-bot".'
    assert moments["recovery.opened"]["by"] == {"key": "deploy-bot"}
    assert moments["recovery.resolved"]["message"] == 'Ended as restored by "ana" (U0ANA), from active to resolved.'
    assert moments["delivery.pending"]["detail"]["endpoint"].startswith("whe_")
    clicks = [item["message"] for item in told["items"] if item["type"] == "interaction.clicked"]
    assert clicks[0] == (
        '"ana" (U0EVE) chose "restored" in C0APPROVALS: not counted, because this person is not a responder.'
    )
    assert "refused, because: " in clicks[1] and clicks[2].endswith('chose "restored" in C0APPROVALS: this counts.')
    assert "The event recovery.opened is to be delivered to whe_" in moments["delivery.pending"]["message"] or (
        "recovery.resolved" in moments["delivery.pending"]["message"]
    )


async def test_it_tells_of_cards(door: Door) -> None:
    id = (await recoveries.report(door, to={"channel": "C0OPS"})).json["id"]
    await door.post_card()

    told = await recoveries.timeline(door, id)

    posted = [item for item in told["items"] if item["type"].startswith("card.")]
    assert [item["message"] for item in posted] == ["A card was posted in C0APPROVALS."], posted
    assert told["cards"][0]["status"] == "posted"


async def test_notes_are_quoted(door: Door) -> None:
    id = (await recoveries.report(door)).json["id"]
    await recoveries.resolve(door, id, note='It "works".\nAgain')

    (_, last) = (await recoveries.timeline(door, id))["items"]

    assert last["message"] == 'Ended as restored by "deploy-bot", from active to resolved: "It \'works\'. Again".'


async def test_an_escalation_names_the_owner_that_it_went_to(door: Door) -> None:
    policy = {"escalate_to": [{"user": "U0ANA"}]}
    id = (await recoveries.report(door, max_attempts=1, wake_policy=policy)).json["id"]
    await recoveries.report(door, max_attempts=1, wake_policy=policy)

    (_, last) = (await recoveries.timeline(door, id))["items"]

    assert last["message"] == (
        'Escalated to the user U0ANA by "deploy-bot", from active to escalated: "attempt 2, more than the 1 allowed".'
    )
