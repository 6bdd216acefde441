"""One suite for the life of every kind: opened, clicked and ended in every way, on two replicas, on all cards.

A new kind is tested here once it is in the registry. Its own rules have tests of their own.
Every example is answered with every choice, also by default. In the other lives, where the words and the answers of an
example do not matter, there is one of each shape; `test_kinds` draws every example in every status.
"""

from collections.abc import AsyncIterator
from itertools import cycle
from typing import Any

import pytest

from bridge.card import blocks
from bridge.kinds.contract import Example, Kind
from storage.model import Interaction, Json, Status
from tests.bridge.agents import door as doors
from tests.bridge.kinds.cases import every_clickable_example, every_clickable_shape
from tests.bridge.kinds.life import ANA, BOB, CHO, SAM, PostedInteraction, TwoReplicas
from tests.bridge.replica import Replica


@pytest.fixture
async def bridge(replica: Replica, second: Replica) -> AsyncIterator[TwoReplicas]:
    async with doors.door(replica.db, replica.tenant, notifier=replica.notifier) as door:
        yield TwoReplicas(replicas=(replica, second), door=door, turns=cycle((second, replica)))


@every_clickable_shape
async def test_one_click_on_any_copy_answers_and_settles_all_of_them(
    bridge: TwoReplicas, kind: Kind[Any], example: Example
) -> None:
    for place in range(3):
        asked = await bridge.ask(kind, example)
        assert (asked.resource["status"], asked.resource["answer"]) == ("pending", None)
        await asked.look(f"<@{ANA}>, <@{BOB}> can answer")

        choice = asked.choices[place % len(asked.choices)]
        assert await asked.click(ANA, asked.cards[place], choice) == []
        await asked.settle()

        row = await asked.look(f"by <@{ANA}>")
        assert (row.status, row.choice) == (Status.ANSWERED, choice)


@every_clickable_example
async def test_every_choice_gives_the_agent_the_answer_it_stood_for(
    bridge: TwoReplicas, kind: Kind[Any], example: Example
) -> None:
    for choice in (await bridge.ask(kind, example)).choices:
        asked = await bridge.ask(kind, example)
        await asked.click(ANA, asked.cards[0], choice)
        told = await asked.answer()

        stood_for = kind.answers(kind.request.model_validate(example.request))[choice]
        by = {"user": ANA, "name": "ana", "team": "T0SANDBOX"}
        assert told["status"] == "answered"
        assert {name: told["answer"][name] for name in (*stood_for, "by", "via")} == {
            **stood_for,
            "by": by,
            "via": "button",
        }
        assert told["digest"] == asked.resource["digest"] == kind.digest(kind.request.model_validate(example.request))


@every_clickable_shape
async def test_who_may_not_answer_is_told_who_may_and_changes_nothing(
    bridge: TwoReplicas, kind: Kind[Any], example: Example
) -> None:
    asked = await bridge.ask(kind, example)
    for card in asked.cards[:2]:  # the others do not see Ana's direct messages
        [wrong] = await asked.click(CHO, card, asked.choices[0])
        [outsider] = await asked.click(SAM, card, asked.choices[0])

        assert f"Only <@{ANA}> and <@{BOB}> can answer" in wrong
        assert "People from other organizations cannot answer" in outsider
    await asked.settle()

    assert await asked.answer() == asked.resource
    assert (await asked.look("can answer")).status is Status.PENDING
    assert await asked.click(BOB, asked.cards[0], asked.choices[0]) == []
    await asked.settle()
    await asked.look(f"by <@{BOB}>")


@every_clickable_shape
async def test_a_late_click_sees_who_won_and_changes_nothing(
    bridge: TwoReplicas, kind: Kind[Any], example: Example
) -> None:
    asked = await bridge.ask(kind, example)
    first, other = asked.choices[0], asked.choices[-1]
    await asked.click(ANA, asked.cards[1], first)
    ended = await asked.answer()
    label = "“"  # other tests cover how a label is quoted
    for card in asked.cards:  # the first clicks are on cards that are not settled yet
        [again] = await asked.click(ANA, card, first)
        assert f"Your answer {label}" in again and "already recorded" in again
        if other != first:
            [changed] = await asked.click(ANA, card, other)
            assert f"You already answered {label}" in changed
        for late in () if card is asked.cards[2] else (BOB, CHO, SAM):  # the last is Ana's direct messages
            [told] = await asked.click(late, card, other)
            assert f"<@{ANA}> already answered {label}" in told
        await asked.settle()
        await asked.look(f"by <@{ANA}>")

    assert await asked.answer() == await _settled(ended, asked)


@every_clickable_shape
async def test_a_deadline_that_passes_ends_it_in_all_copies(
    bridge: TwoReplicas, kind: Kind[Any], example: Example
) -> None:
    asked = await bridge.ask(kind, example)
    await bridge.replicas[1].expire(asked.row)

    told = await _ends(asked, Status.EXPIRED, card="*Expired without a decision*", private="This question expired")
    assert "neither a yes nor a no" in told["message"]


@every_clickable_example
async def test_every_answer_can_be_the_one_that_silence_means(
    bridge: TwoReplicas, kind: Kind[Any], example: Example
) -> None:
    for choice in (await bridge.ask(kind, example)).choices:
        answer = kind.answers(kind.request.model_validate(example.request))[choice]
        named = next(name for name in ("decision", "option", "text") if answer.get(name))
        asked = await bridge.ask(kind, example, on_expiry={named: answer[named]})
        await asked.look("Without an answer by then, the default is recorded")
        await bridge.replicas[1].expire(asked.row)
        await asked.settle()

        row = await asked.look("by default")
        told = await asked.answer()
        assert (row.status, row.choice) == (Status.ANSWERED, choice)
        assert (told["answer"]["via"], told["answer"]["by"], told["answer"][named]) == ("default", None, answer[named])


@every_clickable_shape
async def test_the_agents_report_is_on_all_copies(bridge: TwoReplicas, kind: Kind[Any], example: Example) -> None:
    """Each stage is on every card, one edit each; an acknowledgement in time is shown with the next stage."""
    asked = await bridge.ask(kind, example)
    await asked.click(ANA, asked.cards[0], asked.choices[0])
    await asked.settle()
    await asked.look(f"by <@{ANA}>")
    before = bridge.edits()

    await bridge.pass_two_minutes(asked)
    await asked.settle()
    await asked.look("Not yet received by the agent.")
    assert (await asked.answer())["answer"] is not None
    await bridge.store_acknowledgements()
    await asked.settle()
    await asked.look("Received by the agent")
    await bridge.door.report(asked.resource["id"], status="picked_up")
    await asked.settle()
    await asked.look("Received → started ")
    await bridge.door.report(asked.resource["id"], status="failed", summary="<@U0CHO> & co")
    await asked.settle()
    await asked.look("Received → started → ❌ failed ", "“&lt;@U0CHO&gt; &amp; co”")

    await asked.settle()
    assert bridge.edits() - before == 4 * len(asked.cards)
    assert {card["status"] for card in (await asked.answer())["cards"]} == {"settled"}


@every_clickable_shape
async def test_cancelling_ends_it_in_all_copies(bridge: TwoReplicas, kind: Kind[Any], example: Example) -> None:
    asked = await bridge.ask(kind, example)
    assert (await bridge.door.cancel(asked.resource["id"], "The release was called off.")).status == 200

    told = await _ends(asked, Status.CANCELLED, card="*Cancelled without a decision*", private="called off")
    assert told["reason"]["detail"] == "The release was called off."


@every_clickable_shape
async def test_a_newer_question_takes_its_place_in_all_copies(
    bridge: TwoReplicas, kind: Kind[Any], example: Example
) -> None:
    asked = await bridge.ask(kind, example)
    newer = await bridge.ask(kind, example, supersedes=asked.resource["id"])

    told = await _ends(asked, Status.SUPERSEDED, card="|a newer question>", private="the newer one")
    for old, new in zip(asked.cards, await bridge.replicas[0].copies(newer.row), strict=True):
        assert f"by {blocks.link(str(new.permalink), 'a newer question')}" in bridge.message(old).text
    assert told["superseded_by"] == newer.resource["id"]
    await newer.look("can answer")
    assert await newer.click(ANA, newer.cards[2], newer.choices[0]) == []


async def _ends(asked: PostedInteraction, status: Status, *, card: str, private: str) -> Json:
    """Check the end on all cards before any click, since a click heals a card; then replies; returns the resource."""
    await asked.settle()
    row: Interaction = await asked.look(card)
    assert row.status is status
    for handle in asked.cards:
        [reply] = await asked.click(ANA, handle, asked.choices[-1])
        assert private in reply
    await asked.settle()
    assert await asked.look(card) == row
    told_now = await asked.answer()
    assert (told_now["status"], told_now["answer"]) == (status.value, None)
    return told_now


async def _settled(ended: Json, asked: PostedInteraction) -> Json:
    """The resource at the time of the answer, with the cards settled since."""
    now = await asked.answer()
    assert {card["status"] for card in now["cards"]} == {"settled"}
    return {**ended, "cards": now["cards"]}
