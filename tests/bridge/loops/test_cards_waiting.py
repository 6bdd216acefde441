"""A card that waits says why and until when, in its interaction too; and so does the end, if none was ever shown."""

import itertools
from datetime import timedelta
from typing import Any

from bridge.loops.serving import Serving
from bridge.representation import interaction, schemas, timeline
from bridge.slack.connections import Installations
from sandbox.slack.faults import Kind
from storage import cards, interactions, serving
from storage.model import Interaction, Json
from tests.bridge.loops import card_loop
from tests.bridge.loops.asking import answered, ask, own_channel, said
from tests.bridge.replica import Replica
from tests.storage import build
from tests.storage.elapse import elapse

PAUSE = 3600
TURN_FIX = "No action needed: the bridge tries again automatically."


async def resource(replica: Replica, asked: Interaction) -> Json:
    """The interaction as agents read it."""
    row = await replica.reader.get(asked.organization_id, asked.id)
    assert row is not None
    found = interaction.interaction(row, await cards.of_interaction(replica.db, asked.organization_id, asked.id))
    schemas.Interaction.model_validate(found)
    return found


async def reason(replica: Replica, asked: Interaction) -> Any:
    (card,) = (await resource(replica, asked))["cards"]
    return card["reason"]


async def moments(replica: Replica, asked: Interaction) -> list[str]:
    row = await build.read(replica.db, replica.tenant, asked.id)
    entries = await interactions.timeline(replica.db, asked.organization_id, asked.id)
    return [item["message"] for item in timeline.timeline(row, [], entries)["items"]]


async def pause(replica: Replica, channel: str, *, seconds: int = PAUSE) -> Interaction:
    """A question whose card Slack answered with 429."""
    first = await ask(replica, {"channel": channel})
    replica.fault("chat.postMessage", Kind.RATELIMITED, retry_after=seconds)
    await replica.cards.step()
    return first


def seconds_of(reason: Json, asked: Interaction) -> float:
    until = schemas.CardReason.model_validate(reason).until
    assert until is not None
    return (until - asked.created_at).total_seconds()


async def test_a_card_says_at_once_that_no_replica_has_a_token(replica: Replica) -> None:
    asked = await ask(replica)

    found = await resource(replica, asked)

    assert found["cards"][0]["status"] == "queued"
    assert found["cards"][0]["reason"]["code"] == "token_missing" and "until" not in found["cards"][0]["reason"]
    detail, fix = found["cards"][0]["reason"]["detail"], found["cards"][0]["reason"]["fix"]
    assert f". No card has been posted yet ({detail.rstrip('.')}). " in found["message"]
    assert found["message"].endswith(f" {fix}")
    await serving.renew(replica.db, [replica.tenant.scope])
    assert await reason(replica, asked) is None
    await elapse(replica.db, "serving", timedelta(seconds=serving.SECONDS))
    assert (await reason(replica, asked))["code"] == "token_missing"
    await serving.renew(replica.db, [replica.tenant.scope])
    await replica.cards.step()
    assert (await resource(replica, asked))["cards"][0]["reason"] is None


async def test_a_posted_card_says_it_too_while_its_edit_waits(replica: Replica) -> None:
    asked = await ask(replica)
    await replica.cards.step()
    assert await reason(replica, asked) is None, "it shows what it should"

    await answered(replica, asked)

    assert (await reason(replica, asked))["code"] == "token_missing"


async def test_shelving_is_in_the_timeline(replica: Replica) -> None:
    """By a replica without a token: the first pass only waits, the second inserts the row, the third shelves."""
    asked = await ask(replica)
    times = itertools.count(0.0, 61.0)
    alone = Serving(db=replica.db, installations=Installations(), notifier=replica.notifier, clock=lambda: next(times))
    assert [await alone.step() for _ in range(4)] == [0, 0, 1, 0]

    assert [text for text in await moments(replica, asked) if "waiting" in text] == [
        "A card is waiting: No replica of the bridge has a valid bot token for this workspace."
    ]


async def test_a_card_behind_a_pause_says_until_when(replica: Replica, second: Replica) -> None:
    """The card that met the pause, the next one, and one that another replica leases."""
    channel = own_channel(replica)
    await build.serve(replica.db, replica.tenant)
    first = await pause(replica, channel)
    behind = await ask(replica, {"channel": channel})
    await replica.cards.step()
    elsewhere = await ask(replica, {"channel": channel})
    await second.cards.step()

    for asked in (first, behind, elsewhere):
        found = await resource(replica, asked)
        why = found["cards"][0]["reason"]
        assert (why["code"], why["detail"]) == ("rate_limited", f"{channel}: Slack asked for a pause.")
        assert PAUSE - 5 < seconds_of(why, asked) < PAUSE + 30
        assert f"({channel}: Slack asked for a pause; the next attempt is at 20" in found["message"]
        assert found["message"].endswith(" Ask urgent questions in another channel.")
        assert f"A card is waiting: {channel}: Slack asked for a pause." in await moments(replica, asked)
    assert said(replica, channel) == [] and len(replica.called("chat.postMessage")) == 1


async def test_a_card_that_waits_for_its_turn_says_so_and_not_in_the_timeline(replica: Replica) -> None:
    channel = own_channel(replica)
    await build.serve(replica.db, replica.tenant)
    many = [await ask(replica, {"channel": channel}) for _ in range(5)]

    await card_loop.build(replica).step()

    waiting = [why for asked in many if (why := await reason(replica, asked)) is not None]
    assert [(why["code"], why["fix"]) for why in waiting] == [("waiting_for_turn", TURN_FIX)] * 2
    assert all("one message per second" in why["detail"] and why["until"] for why in waiting)
    assert not [text for asked in many for text in await moments(replica, asked) if "waiting" in text]


async def test_an_edit_behind_a_pause_says_until_when(replica: Replica) -> None:
    await build.serve(replica.db, replica.tenant)
    asked = [await ask(replica) for _ in range(2)]
    await replica.cards.step()
    replica.fault("chat.update", Kind.RATELIMITED, retry_after=PAUSE)
    for one in asked:
        await answered(replica, one)
        await replica.cards.step()

    for one in asked:
        (card,) = (await resource(replica, one))["cards"]
        assert (card["status"], card["reason"]["code"]) == ("posted", "rate_limited")
        assert PAUSE - 5 < seconds_of(card["reason"], one) < PAUSE + 30
    assert len(replica.called("chat.update")) == 1


async def test_an_end_without_a_card_has_the_reason_for_which_its_cards_waited(replica: Replica) -> None:
    channel = own_channel(replica)
    unserved = await ask(replica)
    await replica.expire(unserved)
    await build.serve(replica.db, replica.tenant)
    limited = await pause(replica, channel)
    turn = [await ask(replica, {"channel": own_channel(replica)}) for _ in range(2)]
    await replica.db.fetch(
        "update cards set reason = $1::jsonb where interaction_id = $2",
        {"code": "slack_unavailable", "detail": "Slack answered HTTP 503.", "fix": TURN_FIX},
        turn[0].id,
    )
    for asked in (limited, *turn):
        await replica.expire(asked)

    found = [await resource(replica, asked) for asked in (unserved, limited, *turn)]

    assert [(one["status"], one["reason"]["code"]) for one in found] == [
        ("unreachable", "token_missing"),
        ("unreachable", "rate_limited"),
        ("unreachable", "slack_unavailable"),
        ("unreachable", "never_shown"),
    ]
    assert found[0]["reason"]["fix"].endswith("bot token, then ask again.")
    assert found[1]["reason"] == {
        "code": "rate_limited",
        "detail": f"The deadline passed before a card could be posted: {channel}: Slack asked for a pause.",
        "fix": "Ask again with a longer expires_in, or in another channel.",
    }
    assert found[2]["reason"]["fix"] == found[3]["reason"]["fix"]
    assert all(
        one["status"] == "unreachable" and one["reason"]["detail"].rstrip(".") in one["message"] for one in found
    )
