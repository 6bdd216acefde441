"""What people saw only in part is read back by the agent, as the card that they could answer showed it."""

import pytest

from bridge.representation import interaction as representation
from sandbox.slack.faults import Kind
from storage import cards
from storage.model import Interaction
from tests.bridge.loops.asking import answered, ask
from tests.bridge.replica import Replica
from tests.storage import build


async def told(replica: Replica, interaction: Interaction) -> list[str]:
    row = await build.read(replica.db, replica.tenant, interaction.id)
    copies = await cards.of_interaction(replica.db, row.organization_id, row.id)
    found: list[str] = representation.interaction(row, copies)["truncated"]
    return found


@pytest.mark.parametrize("size", [4_000, 9_000])
async def test_what_is_not_shown_is_told_once_the_card_is_posted(replica: Replica, size: int) -> None:
    action = {"name": "n", "arguments": {"a": "q" * 4_000}}
    question = await ask(replica, request={"kind": "approval", "title": "T", "body": "b" * size, "action": action})
    assert await told(replica, question) == []

    await replica.show(question)

    assert await told(replica, question) == (["/body"] if size == 9_000 else [])


async def test_the_plainer_form_tells_what_it_leaves_out(replica: Replica) -> None:
    question = await ask(replica, request={"kind": "approval", "title": "T", "body": "b" * 9_000})
    replica.fault("chat.postMessage", Kind.ERROR, error="invalid_blocks")

    await replica.show(question)

    assert await told(replica, question) == ["/body"]


async def test_an_answered_card_that_cuts_more_tells_what_it_cut_before(replica: Replica) -> None:
    """It has a longer last part than the card that people answered."""
    question = await ask(replica, request={"kind": "approval", "title": "T", "body": "b" * 9_000})
    await replica.show(question)
    assert await told(replica, question) == []

    replica.fault("chat.update", Kind.ERROR, error="invalid_blocks")
    await answered(replica, question)
    await replica.settle()

    card = await replica.card(question)
    assert card.plain and card.settled
    assert await told(replica, question) == []
