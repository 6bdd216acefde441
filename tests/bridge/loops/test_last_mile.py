"""What cards show after the answer, and how few edits that takes; time is passed in the rows."""

import asyncio

import pytest

from bridge import ids
from bridge.loops import acknowledgements
from bridge.loops.unacknowledged import BATCH, FEW_LOOKS, FEW_SECONDS, Unacknowledged
from bridge.representation import interaction
from sandbox.slack.faults import Kind
from storage import receipts
from storage.model import CardStatus, Handle, Interaction, Progress, Status
from storage.receipts import Receipt, Recording
from tests.bridge.loops.asking import PEOPLE, answered, ask, events
from tests.bridge.replica import Replica
from tests.storage import ended
from tests.waiting import until

NOT_YET = "Not yet received by the agent."


async def settled(replica: Replica, *addresses: dict[str, str]) -> tuple[Interaction, list[Handle]]:
    """A question that was just answered, with all its cards settled."""
    question = await ask(replica, *addresses)
    await replica.cards.step()
    await answered(replica, question)
    await edit(replica)
    handles = [card.handle for card in await replica.copies(question) if card.handle]
    assert edits(replica) == len(handles)
    return question, handles


async def edit(replica: Replica) -> None:
    """Let whatever is due by now be edited."""
    while await replica.cards.step():
        pass


async def pass_seconds(replica: Replica, seconds: float) -> None:
    """Let everything in the rows have been so much earlier."""
    await replica.db.fetch("update cards set due_at = due_at - make_interval(secs => $1)", seconds)
    await replica.db.fetch(
        "update interactions set created_at = created_at - make_interval(secs => $1), "
        "ended_at = ended_at - make_interval(secs => $1), heard_at = heard_at - make_interval(secs => $1)",
        seconds,
    )


async def hear(replica: Replica, question: Interaction) -> None:
    """Let an agent get the end, and store that."""
    replica.notifier.acknowledge(question.organization_id, question.id)
    assert await acknowledgements.step(replica.db, replica.notifier) == 1
    assert not replica.notifier.has_acknowledged


async def report(replica: Replica, question: Interaction, status: Progress, summary: str | None = None) -> None:
    receipt = Receipt(status=status, summary=summary, url=None)
    said = await receipts.record(
        replica.db, question.organization_id, question.id, receipt, key_name="bot", event_id=ids.new()
    )
    assert said is Recording.RECORDED


def edits(replica: Replica) -> int:
    return len(replica.called("chat.update"))


async def later(replica: Replica, seconds: float) -> None:
    """So much later, with everything done that was due until then."""
    await pass_seconds(replica, seconds)
    await Unacknowledged(db=replica.db, notifier=replica.notifier).step()
    await edit(replica)


async def test_an_agent_that_hears_at_once_costs_one_edit_beyond_the_settling_one(replica: Replica) -> None:
    question, [handle] = await settled(replica)

    await hear(replica, question)
    assert edits(replica) == 1, "a receipt may come, and goes into the same edit"
    for _ in range(5):
        await later(replica, 60)

    assert edits(replica) == 2
    assert "Received by the agent" in replica.shown(handle) and NOT_YET not in replica.shown(handle)


async def test_what_was_heard_and_reported_at_once_is_one_edit(replica: Replica) -> None:
    question, [handle] = await settled(replica)

    await hear(replica, question)
    await report(replica, question, Progress.SUCCEEDED)
    await later(replica, receipts.COALESCE_SECONDS)
    await later(replica, 300)

    assert edits(replica) == 2
    assert all(words in replica.shown(handle) for words in ("Received ", " done "))


async def test_an_answer_without_acknowledgement_for_two_minutes_is_marked_until_it_has_one(replica: Replica) -> None:
    question, handles = await settled(replica, *({"user": user} for user in PEOPLE[:3]))
    copies = len(handles)
    await later(replica, 100)
    assert edits(replica) == copies

    await later(replica, 21)
    assert edits(replica) == 2 * copies and all(NOT_YET in replica.shown(handle) for handle in handles)
    await later(replica, 300)
    assert edits(replica) == 2 * copies

    await hear(replica, question)
    await later(replica, receipts.COALESCE_SECONDS)
    assert edits(replica) == 3 * copies
    assert all("Received by the agent" in replica.shown(handle) for handle in handles)
    assert not any(NOT_YET in replica.shown(handle) for handle in handles)
    await later(replica, 300)
    assert edits(replica) == 3 * copies


async def test_what_is_reported_in_a_burst_is_shown_by_one_edit(replica: Replica) -> None:
    question, [handle] = await settled(replica)

    await hear(replica, question)
    await report(replica, question, Progress.PICKED_UP)
    await edit(replica)
    assert edits(replica) == 1, "more may come"
    await report(replica, question, Progress.SUCCEEDED, "2 pods restarted")
    await later(replica, receipts.COALESCE_SECONDS)

    assert edits(replica) == 2
    assert "Received \\u2192 started \\u2192 done" in replica.shown(handle)
    assert "\\u201c2 pods restarted\\u201d" in replica.shown(handle)
    await later(replica, 300)
    assert edits(replica) == 2
    assert (await events(replica, question)).count("card.settled") == 1
    assert (await events(replica, question)).count("card.edited") == 1


async def test_what_is_heard_late_and_then_reported_takes_one_edit_back(replica: Replica) -> None:
    question, [handle] = await settled(replica)
    await later(replica, 121)
    assert NOT_YET in replica.shown(handle)

    await hear(replica, question)
    await report(replica, question, Progress.FAILED)
    await later(replica, receipts.COALESCE_SECONDS)

    assert edits(replica) == 3 and NOT_YET not in replica.shown(handle)


async def test_what_is_reported_while_a_copy_is_not_settled_yet_is_shown_by_its_settling(replica: Replica) -> None:
    """The replica remembers how the question ended, and knows nothing of what came after."""
    question = await ask(replica, *({"user": user} for user in PEOPLE[:2]))
    await replica.cards.step()
    [one, other] = [card.handle for card in await replica.copies(question) if card.handle]
    replica.fault("chat.update", Kind.RATELIMITED, retry_after=30)
    await replica.click(question, one)
    assert replica.message_cache.interaction(question.scope, question.id) is not None
    await replica.cards.step()
    await report(replica, question, Progress.PICKED_UP)

    replica.forget()
    await later(replica, 60)

    for handle in (one, other):
        assert "started" in replica.shown(handle)
    assert all(card.shown == card.wanted for card in await replica.copies(question))
    assert edits(replica) <= 4


async def test_what_is_reported_while_an_edit_is_under_way_waits_for_more(replica: Replica) -> None:
    question = await ask(replica)
    await replica.cards.step()
    await answered(replica, question)
    replica.fault("chat.update", Kind.SLOW, seconds=0.3)
    editing = asyncio.create_task(replica.cards.step())
    await until(lambda: edits(replica))

    await report(replica, question, Progress.PICKED_UP)
    await editing
    await edit(replica)
    await report(replica, question, Progress.SUCCEEDED)
    await edit(replica)
    assert edits(replica) == 1

    await later(replica, receipts.COALESCE_SECONDS)
    assert edits(replica) == 2


@pytest.mark.parametrize("kind", [Kind.RATELIMITED, Kind.DROP_BEFORE])
async def test_a_copy_stays_settled_for_agents_while_slack_refuses_its_receipt(replica: Replica, kind: Kind) -> None:
    question, [handle] = await settled(replica)
    await report(replica, question, Progress.PICKED_UP)
    replica.fault("chat.update", kind)
    await later(replica, receipts.COALESCE_SECONDS)

    card = await replica.card(question)
    assert card.shown < card.wanted
    assert interaction.card_status(card, Status.ANSWERED) is CardStatus.SETTLED
    replica.forget()
    await later(replica, 60)
    assert "started" in replica.shown(handle)


async def test_what_has_just_become_late_is_found_at_the_next_look_and_all_else_at_the_next_whole_one(
    replica: Replica,
) -> None:
    loop = Unacknowledged(db=replica.db, notifier=replica.notifier)
    await settled(replica)
    assert await loop.step() == 0

    await pass_seconds(replica, receipts.LATE_SECONDS + 1)
    assert await loop.step() == 1

    await ended.question(replica.db, replica.tenant, days=(receipts.LATE_SECONDS + FEW_SECONDS + 1) / 86_400)
    assert [await loop.step() for _ in range(FEW_LOOKS)] == [0] * (FEW_LOOKS - 1) + [1]


async def test_a_whole_look_goes_on_until_it_has_found_all(replica: Replica) -> None:
    first = await ended.question(replica.db, replica.tenant, days=300 / 86_400)
    await ended.many_like(replica.db, first, number=BATCH)
    loop = Unacknowledged(db=replica.db, notifier=replica.notifier)

    assert [await loop.step() for _ in range(3)] == [BATCH, 1, 0]
