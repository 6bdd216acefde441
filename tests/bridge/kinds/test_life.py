"""One suite for the life of every kind: asked, clicked and ended in every way, on two replicas, in all copies.

A new kind is here as soon as it is in the registry. What is special about a kind is in a test of its own.
"""

from collections.abc import AsyncIterator
from itertools import cycle
from typing import Any

import pytest

from bridge.card import blocks
from bridge.kinds.contract import Example, Kind
from storage.model import Interaction, Json, Status
from tests.bridge.agents import door as doors
from tests.bridge.kinds.cases import every_example
from tests.bridge.kinds.life import ANA, BOB, CHO, SAM, Asked, House
from tests.bridge.replica import Replica


@pytest.fixture
async def house(replica: Replica, second: Replica) -> AsyncIterator[House]:
    async with doors.door(replica.db, replica.tenant, notifier=replica.notifier) as door:
        yield House(replicas=(replica, second), door=door, turns=cycle((second, replica)))


@every_example
async def test_one_click_on_any_copy_answers_and_settles_all_of_them(
    house: House, kind: Kind[Any], example: Example
) -> None:
    for place in range(3):
        asked = await house.ask(kind, example)
        assert (asked.told["status"], asked.told["answer"]) == ("pending", None)
        await asked.look(f"<@{ANA}>, <@{BOB}> can answer")

        choice = asked.choices[place % len(asked.choices)]
        assert await asked.click(ANA, asked.copies[place], choice) == []
        await asked.settle()

        row = await asked.look(f"by <@{ANA}>")
        assert (row.status, row.choice) == (Status.ANSWERED, choice)


@every_example
async def test_every_choice_gives_the_agent_the_answer_it_stood_for(
    house: House, kind: Kind[Any], example: Example
) -> None:
    for choice in (await house.ask(kind, example)).choices:
        asked = await house.ask(kind, example)
        await asked.click(ANA, asked.copies[0], choice)
        told = await asked.answer()

        stood_for = kind.answers(kind.request.model_validate(example.request))[choice]
        by = {"user": ANA, "name": "ana", "team": "T0SANDBOX"}
        assert told["status"] == "answered"
        assert {name: told["answer"][name] for name in (*stood_for, "by", "via")} == {
            **stood_for,
            "by": by,
            "via": "button",
        }
        assert told["digest"] == asked.told["digest"] == kind.digest(kind.request.model_validate(example.request))


@every_example
async def test_who_may_not_answer_is_told_who_may_and_changes_nothing(
    house: House, kind: Kind[Any], example: Example
) -> None:
    asked = await house.ask(kind, example)
    for copy in asked.copies[:2]:  # nobody else sees Ana's direct messages
        [wrong] = await asked.click(CHO, copy, asked.choices[0])
        [outsider] = await asked.click(SAM, copy, asked.choices[0])

        assert f"Only <@{ANA}> and <@{BOB}> can answer" in wrong
        assert "People from other organizations cannot answer" in outsider
    await asked.settle()

    assert await asked.answer() == asked.told
    assert (await asked.look("can answer")).status is Status.PENDING
    assert await asked.click(BOB, asked.copies[0], asked.choices[0]) == []
    await asked.settle()
    await asked.look(f"by <@{BOB}>")


@every_example
async def test_a_late_click_sees_who_won_and_changes_nothing(house: House, kind: Kind[Any], example: Example) -> None:
    asked = await house.ask(kind, example)
    first, other = asked.choices[0], asked.choices[-1]
    await asked.click(ANA, asked.copies[1], first)
    ended = await asked.answer()
    label = "“"  # how a label is made harmless is tested where it is done
    for copy in asked.copies:  # the first clicks are at cards that nobody has settled yet
        [again] = await asked.click(ANA, copy, first)
        assert f"Your answer {label}" in again and "already recorded" in again
        if other != first:
            [changed] = await asked.click(ANA, copy, other)
            assert f"You already answered {label}" in changed
        for late in () if copy is asked.copies[2] else (BOB, CHO, SAM):  # the last is Ana's direct messages
            [told] = await asked.click(late, copy, other)
            assert f"<@{ANA}> already answered {label}" in told
        await asked.settle()
        await asked.look(f"by <@{ANA}>")

    assert await asked.answer() == await _settled(ended, asked)


@every_example
async def test_a_deadline_that_passes_ends_it_in_all_copies(house: House, kind: Kind[Any], example: Example) -> None:
    asked = await house.ask(kind, example)
    await house.replicas[1].expire(asked.row)

    told = await _ends(asked, Status.EXPIRED, card="*Expired*", private="This question expired")
    assert "neither a yes nor a no" in told["message"]


@every_example
async def test_every_answer_can_be_the_one_that_silence_means(house: House, kind: Kind[Any], example: Example) -> None:
    for choice in (await house.ask(kind, example)).choices:
        answer = kind.answers(kind.request.model_validate(example.request))[choice]
        named = "decision" if answer["decision"] else "option"
        asked = await house.ask(kind, example, on_expiry={named: answer[named]})
        await asked.look("If nobody does, this counts as answered")
        await house.replicas[1].expire(asked.row)
        await asked.settle()

        row = await asked.look("by default")
        told = await asked.answer()
        assert (row.status, row.choice) == (Status.ANSWERED, choice)
        assert (told["answer"]["via"], told["answer"]["by"], told["answer"][named]) == ("default", None, answer[named])


@every_example
async def test_what_became_of_the_answer_is_on_all_copies(house: House, kind: Kind[Any], example: Example) -> None:
    """Each stage on every copy, one edit each; what the agent hears in time is said with the next."""
    asked = await house.ask(kind, example)
    await asked.click(ANA, asked.copies[0], asked.choices[0])
    await asked.settle()
    await asked.look(f"by <@{ANA}>")
    before = house.edits()

    await house.pass_two_minutes(asked)
    await asked.settle()
    await asked.look("The agent has not heard this yet.")
    assert (await asked.answer())["answer"] is not None
    await house.write_heard()
    await asked.settle()
    await asked.look("Heard by the agent")
    await house.door.report(asked.told["id"], status="picked_up")
    await asked.settle()
    await asked.look("Heard by the agent → picked up ")
    await house.door.report(asked.told["id"], status="failed", summary="<@U0CHO> & co")
    await asked.settle()
    await asked.look("Heard by the agent → picked up → ❌ failed ", "“&lt;@U0CHO&gt; &amp; co”")

    await asked.settle()
    assert house.edits() - before == 4 * len(asked.copies)
    assert {card["status"] for card in (await asked.answer())["cards"]} == {"settled"}


@every_example
async def test_cancelling_ends_it_in_all_copies(house: House, kind: Kind[Any], example: Example) -> None:
    asked = await house.ask(kind, example)
    assert (await house.door.cancel(asked.told["id"], "The release was called off.")).status == 200

    told = await _ends(asked, Status.CANCELLED, card="*Cancelled*", private="called off")
    assert told["reason"]["detail"] == "The release was called off."


@every_example
async def test_a_newer_question_takes_its_place_in_all_copies(house: House, kind: Kind[Any], example: Example) -> None:
    asked = await house.ask(kind, example)
    newer = await house.ask(kind, example, supersedes=asked.told["id"])

    told = await _ends(asked, Status.SUPERSEDED, card="|a newer question>", private="the newer one")
    for old, new in zip(asked.copies, await house.replicas[0].copies(newer.row), strict=True):
        assert f"by {blocks.link(str(new.permalink), 'a newer question')}" in house.message(old).text
    assert told["superseded_by"] == newer.told["id"]
    await newer.look("can answer")
    assert await newer.click(ANA, newer.copies[2], newer.choices[0]) == []


async def _ends(asked: Asked, status: Status, *, card: str, private: str) -> Json:
    """All copies say so before anybody clicks again, for a click heals; who clicks hears it; what the agent is told."""
    await asked.settle()
    row: Interaction = await asked.look(card)
    assert row.status is status
    for copy in asked.copies:
        [told] = await asked.click(ANA, copy, asked.choices[-1])
        assert private in told
    await asked.settle()
    assert await asked.look(card) == row
    told_now = await asked.answer()
    assert (told_now["status"], told_now["answer"]) == (status.value, None)
    return told_now


async def _settled(ended: Json, asked: Asked) -> Json:
    """What the agent got when it was answered, with the copies settled since."""
    now = await asked.answer()
    assert {card["status"] for card in now["cards"]} == {"settled"}
    return {**ended, "cards": now["cards"]}
