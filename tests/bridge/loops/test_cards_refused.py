"""Edits that Slack refuses for a cause that a person can mend: tried again, ever more rarely, and after a receipt."""

import pytest

from bridge import ids
from bridge.loops.card_failures import REFUSED_FOR
from bridge.representation import interaction
from sandbox.slack.faults import Kind
from storage import receipts
from storage.model import CardStatus, Handle, Interaction, Progress, Status
from storage.receipts import COALESCE_SECONDS, LATE_SECONDS, Receipt
from tests.bridge.loops.asking import answered
from tests.bridge.replica import Replica
from tests.storage import build

MENDABLE = ["not_in_channel", "channel_not_found", "is_archived", "restricted_action", "an_unknown_error"]


@pytest.fixture
async def question(replica: Replica) -> Interaction:
    return await build.question(replica.db, replica.tenant)


@pytest.fixture
async def handle(replica: Replica, question: Interaction) -> Handle:
    return await replica.show(question)


async def state(replica: Replica, question: Interaction) -> tuple[Status, CardStatus]:
    row = await build.read(replica.db, replica.tenant, question.id)
    return row.status, interaction.card_status(await replica.card(question), row.status)


async def due_in(replica: Replica) -> float:
    [row] = await replica.db.fetch("select extract(epoch from due_at - clock_timestamp())::float as wait from cards")
    return float(row["wait"])


@pytest.mark.parametrize("error", MENDABLE)
async def test_when_the_cause_is_mended_the_sweep_settles_the_card_without_a_click(
    replica: Replica, question: Interaction, handle: Handle, error: str
) -> None:
    replica.fault("chat.update", Kind.ERROR, error=error)
    await answered(replica, question)
    await replica.cards.step()
    assert replica.has_buttons(handle)

    await replica.settle()

    assert not replica.has_buttons(handle)
    assert await state(replica, question) == (Status.ANSWERED, CardStatus.SETTLED)


async def test_a_refused_edit_is_tried_ever_more_rarely_and_for_a_week(
    replica: Replica, question: Interaction, handle: Handle
) -> None:
    replica.fault("chat.update", Kind.ERROR, error="not_in_channel", times=50)
    await answered(replica, question)
    waits = []
    while await replica.cards.step():
        [row] = await replica.db.fetch(
            "select extract(epoch from due_at - clock_timestamp())::float as wait from cards"
        )
        waits.append(row["wait"])
        await replica.db.fetch("update interactions set ended_at = ended_at - make_interval(secs => $1)", row["wait"])
        await replica.db.fetch("update cards set due_at = clock_timestamp()")
        replica.forget()

    assert [round(wait / 60) for wait in waits[:5]] == [1, 1, 2, 4, 8]
    assert max(waits[:-1]) == pytest.approx(86_400, abs=5) and len(waits) < 20
    assert sum(waits[:-1]) == pytest.approx(REFUSED_FOR.total_seconds(), rel=0.2)
    assert await state(replica, question) == (Status.ANSWERED, CardStatus.FAILED)
    assert replica.has_buttons(handle)


async def test_a_settled_card_stays_settled_for_agents_when_slack_refuses_what_came_later(
    replica: Replica, question: Interaction, handle: Handle
) -> None:
    await answered(replica, question)
    await replica.cards.step()
    replica.fault("chat.update", Kind.ERROR, error="not_in_channel")
    await replica.db.fetch("update cards set wanted = wanted + 1")

    await replica.cards.step()

    card = await replica.card(question)
    assert card.shown < card.wanted and card.reason is not None
    assert await state(replica, question) == (Status.ANSWERED, CardStatus.SETTLED)


@pytest.mark.parametrize("how", ["acknowledged", "picked up", "not acknowledged in time"])
async def test_what_is_to_be_shown_later_has_a_refused_edit_tried_soon(
    replica: Replica, question: Interaction, handle: Handle, how: str
) -> None:
    replica.fault("chat.update", Kind.ERROR, error="not_in_channel")
    await answered(replica, question)
    await replica.cards.step()
    await replica.db.fetch("update cards set due_at = due_at + interval '1 day'")

    match how:
        case "acknowledged":
            await receipts.acknowledge(replica.db, [(question.organization_id, question.id)])
        case "picked up":
            receipt = Receipt(status=Progress.PICKED_UP, summary=None, url=None)
            await receipts.record(
                replica.db, question.organization_id, question.id, receipt, key_name="bot", event_id=ids.new()
            )
        case _:
            late = LATE_SECONDS + 1
            await replica.db.fetch("update interactions set ended_at = ended_at - make_interval(secs => $1)", late)
            assert await receipts.mark_unacknowledged(replica.db, limit=1, within=60)

    assert await due_in(replica) <= COALESCE_SECONDS
    await replica.settle()
    assert await state(replica, question) == (Status.ANSWERED, CardStatus.SETTLED)
    assert not replica.has_buttons(handle)
