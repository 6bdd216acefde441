"""The end of a card: given up, skipped, settled, and healed by a click."""

import asyncio

import pytest

from bridge import ids
from storage import cards, interactions, statements
from storage.model import Handle, Interaction, Scope, Status
from storage.pool import Database
from tests.storage import build, card_moves
from tests.storage.build import Tenant
from tests.storage.card_moves import edit, fail, give_up, handle, lease, lose_leases, post, take
from tests.storage.elapse import set_deadline
from tests.storage.faults import admin, until_waiting


@pytest.fixture
async def question(db: Database, tenant: Tenant) -> Interaction:
    return await build.question(db, tenant)


async def counts(db: Database, question: Interaction) -> tuple[int, int]:
    (row,) = await db.fetch("select cards_left, cards_shown from interactions where id = $1", question.id)
    return row["cards_left"], row["cards_shown"]


async def events(db: Database, question: Interaction) -> list[str]:
    return [moment.type for moment in await interactions.timeline(db, question.organization_id, question.id)]


async def test_a_question_is_unreachable_when_its_last_copy_gave_up(db: Database, tenant: Tenant) -> None:
    question = await build.question(db, tenant, **card_moves.copies(3))
    one, two, three = await lease(db, question)

    assert [await give_up(db, one), await give_up(db, two)] == [Status.PENDING, Status.PENDING]
    assert (await build.read(db, tenant, question.id)).status is Status.PENDING
    assert await give_up(db, three) is Status.UNREACHABLE

    after = await build.read(db, tenant, question.id)
    assert after.status is Status.UNREACHABLE and after.reason == card_moves.ARCHIVED and after.ended_at
    assert after.cards_left == 0
    assert (await events(db, question))[1:] == ["card.given_up", "card.given_up", "interaction.unreachable"]


async def test_copies_that_give_up_at_the_same_time_end_the_question_once(
    db: Database, other: Database, tenant: Tenant
) -> None:
    for _ in range(50):
        question = await build.question(db, tenant, **card_moves.copies(2))
        one, two = await lease(db, question)

        statuses = await asyncio.gather(give_up(db, one), give_up(other, two))

        assert sorted(str(status) for status in statuses) == ["pending", "unreachable"]


@pytest.mark.parametrize("how", ["posted", "unsure", "stray"])
async def test_a_question_that_may_have_been_seen_is_never_unreachable(db: Database, tenant: Tenant, how: str) -> None:
    question = await build.question(db, tenant, **card_moves.copies(2))
    one, two = await lease(db, question)
    match how:
        case "posted":
            await post(db, one)
        case "unsure":
            await fail(db, one, unsure=True)
            await give_up(db, await take(db, question))
        case _:
            await lose_leases(db, question.id)
            (late, two) = await lease(db, question)
            await post(db, one)
            await give_up(db, late)

    assert await give_up(db, two) is Status.PENDING
    assert (await build.read(db, tenant, question.id)).status is Status.PENDING


async def test_giving_up_never_changes_how_a_question_ended(
    db: Database, tenant: Tenant, question: Interaction
) -> None:
    card = await take(db, question)
    await interactions.claim(db, build.click(question))

    assert await give_up(db, card) is Status.ANSWERED

    after = await build.read(db, tenant, question.id)
    assert after.status is Status.ANSWERED and after.reason is None
    assert await lease(db, question) == []


async def test_a_copy_that_was_never_shown_need_not_be_once_the_question_ended(db: Database, tenant: Tenant) -> None:
    question = await build.question(db, tenant, **card_moves.copies(2))
    await interactions.claim(db, build.click(question))
    (card,) = await lease(db, question, limit=1)
    for _ in range(2):  # repeated, as when the reply to the first one was lost
        await cards.skip(db, card)

        assert await counts(db, question) == (1, 0)

    await cards.skip(db, await take(db, question))

    assert await counts(db, question) == (0, 0)
    assert await lease(db, question) == []


async def test_a_link_is_remembered_for_the_message_it_leads_to(db: Database, question: Interaction) -> None:
    where = handle()
    await post(db, await take(db, question), where)
    (card,) = await card_moves.of(db, question)

    await cards.permalink(db, card, Handle(channel=where.channel, ts="9.9"), "https://acme.slack.com/other")
    await cards.permalink(db, card, where, "https://acme.slack.com/archives/C0/p1")

    assert [card.permalink for card in await card_moves.of(db, question)] == ["https://acme.slack.com/archives/C0/p1"]


async def test_an_address_that_an_older_question_is_told_of_locks_questions_before_cards(
    db: Database, other: Database, tenant: Tenant, dsn: str
) -> None:
    """Recording that agents acknowledged both ends locks the older interaction and then wants the newer card."""
    older = await build.question(db, tenant)
    await post(db, await take(db, older), Handle(channel="C0DM", ts="1.1"))
    newer = await build.question(db, tenant, supersedes=older.id)
    handle = Handle(channel="C0DM", ts="2.2")
    card = next(card for card in await lease(db, older) if card.interaction_id == newer.id)
    await post(db, card, handle)
    await interactions.claim(db, build.click(newer))
    pairs = [(one.organization_id, one.id) for one in (older, newer)]
    values = {"organization_ids": [pair[0] for pair in pairs], "ids": [pair[1] for pair in pairs], "seconds": 3.0}
    async with other.acquire() as held, held.transaction():
        await held.fetch("select from interactions where id = $1 for update", older.id)
        telling = asyncio.create_task(cards.permalink(db, card, handle, "https://acme.slack.com/archives/C0DM/p2"))
        async with admin(dsn) as operator:
            await until_waiting(operator)
        assert await statements.load("receipts")["acknowledge"].many(held, **values) == []
    await telling

    assert [copy.permalink for copy in await card_moves.of(db, newer)] == ["https://acme.slack.com/archives/C0DM/p2"]


async def heal(db: Database, question: Interaction, where: Handle, scope: Scope | None = None) -> None:
    await cards.heal(db, scope or question.scope, question.id, where, stray_id=ids.new())


async def test_a_click_on_a_copy_that_should_show_the_end_has_it_edited_once_more(
    db: Database, question: Interaction
) -> None:
    where = handle()
    await post(db, await take(db, question), where)
    await interactions.claim(db, build.click(question))
    await heal(db, question, where)
    card = await take(db, question)
    assert card.wanted == 2, "an edit was due already, so a second one is not needed"
    await edit(db, card)

    await heal(db, question, where)
    await heal(db, question, where)

    again = await take(db, question)
    assert (again.ts, again.shown, again.wanted) == (where.ts, 2, 3)


async def test_a_click_on_a_card_without_a_row_makes_one(db: Database, question: Interaction) -> None:
    await fail(db, await take(db, question), unsure=True)
    await interactions.claim(db, build.click(question))

    await heal(db, question, Handle(channel="C0DM", ts="7.7"))

    known, unknown = sorted(await lease(db, question), key=lambda card: card.ts or "")
    assert known.ts is None
    assert (unknown.channel, unknown.ts, unknown.shown, unknown.wanted) == ("C0DM", "7.7", 1, 2)
    await heal(db, question, Handle(channel="C0DM", ts="7.7"))
    assert len(await card_moves.of(db, question)) == 2


@pytest.mark.parametrize("how", ["given up", "put off"])
async def test_a_click_has_a_refused_edit_tried_again_at_once(db: Database, question: Interaction, how: str) -> None:
    where = handle()
    await post(db, await take(db, question), where)
    await interactions.claim(db, build.click(question))
    card = await take(db, question)
    if how == "given up":
        await give_up(db, card)
    else:
        await cards.retry(db, card, seconds=3600, reason={"code": "not_in_channel"}, failed=True, unsure=False)
    await cards.heal(db, question.scope, question.id, where, stray_id=ids.new(), retries=False)
    assert await lease(db, question) == []

    await heal(db, question, where)

    again = await take(db, question)
    assert (again.ts, again.shown, again.wanted, again.given_up_at) == (where.ts, 1, 2, None)
    await edit(db, again)
    (card,) = await card_moves.of(db, question)
    assert card.settled and card.reason is None


async def test_a_click_does_not_hasten_an_edit_that_is_under_way(db: Database, question: Interaction) -> None:
    where = handle()
    await post(db, await take(db, question), where)
    await interactions.claim(db, build.click(question))
    held = await take(db, question)

    await heal(db, question, where)

    assert await lease(db, question) == []
    (card,) = await card_moves.of(db, question)
    assert (card.wanted, card.due_at) == (held.wanted, held.due_at)


async def heals_by_the_handle(text: str, db: Database) -> None:
    """The card of another interaction is edited once more, and no second row is made for it."""
    tenant = await build.tenant(db)
    anchor, clicked = await build.question(db, tenant), await build.question(db, tenant)
    where = handle()
    held = {card.interaction_id: card for card in await lease(db, anchor)}
    await post(db, held[anchor.id], where)
    await fail(db, held[clicked.id], unsure=True)
    await interactions.claim(db, build.click(clicked))
    healing = statements.parse("cards", f"-- name: heal :none\n-- Heal.\n{text};")["heal"]

    await healing.run(
        db,
        organization_id=clicked.organization_id,
        connection_id=clicked.connection_id,
        interaction_id=clicked.id,
        channel=where.channel,
        ts=where.ts,
        stray_id=ids.new(),
        retries=True,
    )

    assert [card.ts for card in await card_moves.of(db, clicked)] == [None]
    (card,) = await card_moves.of(db, anchor)
    assert (card.ts, card.shown, card.wanted) == (where.ts, 1, 2)


async def test_a_card_is_healed_by_where_it_lives_whichever_interaction_it_belongs_to(db: Database) -> None:
    await heals_by_the_handle(statements.load("cards")["heal"].text, db)


async def test_healing_under_the_clicked_interaction_only_would_be_found_out(db: Database) -> None:
    text, by_handle = statements.load("cards")["heal"].text, "cards.connection_id = $connection_id"
    assert by_handle in text

    with pytest.raises(AssertionError):
        await heals_by_the_handle(text.replace(by_handle, "cards.interaction_id = ended.id"), db)


async def test_an_edit_that_keeps_the_buttons_settles_nothing(db: Database, question: Interaction) -> None:
    """A pending card may change: only `settled` says that a card shows the end."""
    await post(db, await take(db, question), handle())
    await db.fetch("update cards set wanted = wanted + 1")

    assert await cards.edited(db, await take(db, question), plain=False, settles=False, event_id=ids.new())

    (card,) = await card_moves.of(db, question)
    assert (card.shown, card.wanted, card.settled) == (2, 2, False)
    moments = await interactions.timeline(db, question.organization_id, question.id)
    assert moments[-1].type == "card.edited"


async def test_nothing_is_healed_while_a_question_is_open_nor_from_another_scope(
    db: Database, question: Interaction
) -> None:
    foreign = await build.tenant(db)
    where = handle()
    await post(db, await take(db, question), where)
    await heal(db, question, where)
    await heal(db, question, handle())
    assert await lease(db, question) == [] and len(await card_moves.of(db, question)) == 1

    await interactions.claim(db, build.click(question))
    await edit(db, await take(db, question))
    for scope in (
        foreign.scope,
        Scope(organization_id=question.organization_id, connection_id=foreign.scope.connection_id),
    ):
        await heal(db, question, where, scope)
        await heal(db, question, handle(), scope)

    assert await lease(db, question) == [] and len(await card_moves.of(db, question)) == 1


async def test_a_card_that_is_found_gone_after_the_deadline_changes_no_end(db: Database, tenant: Tenant) -> None:
    question = await build.question(db, tenant, on_expiry="approve")
    await post(db, await take(db, question))
    await db.fetch("update cards set wanted = wanted + 1")
    card = await take(db, question)
    await set_deadline(db, question.id)

    await cards.give_up(db, card, reason=card_moves.ARCHIVED, event_id=ids.new(), gone=True)

    assert (await build.read_with_end(db, tenant, question.id)).status is Status.ANSWERED
