"""The reminder in the thread of a card: posted once, with buttons that go when the round ends, and never too late."""

import asyncio
import io
from typing import Any

import pytest

from bridge import ids
from bridge.card import action_ids
from bridge.forms import codec
from bridge.loops.things import Things
from bridge.notifier import Notifier
from bridge.things import transactions
from bridge.things.fix import NOUN
from sandbox.slack.faults import Kind
from storage import connections, interactions, notes
from storage.model import Handle, Json, Verdict
from storage.pool import Database
from storage.things import Due
from tests.bridge.logged import events
from tests.bridge.replica import Replica
from tests.bridge.things.fix.agents import Proposer, click, clicked, found
from tests.bridge.things.fix.test_clicks import CHANNEL, Shown, shown
from tests.bridge.things.noting import loop, post_all
from tests.bridge.things.steps import held, mutated
from tests.storage import build
from tests.storage.build import Tenant
from tests.storage.faults import until_waiting


async def make_due(db: Database) -> None:
    """A day passes."""
    await db.fetch("update fixes set due_at = clock_timestamp() where due_at is not null")


async def remind(db: Database) -> int:
    """Time passes for things on a replica."""
    return await Things(db=db, notifier=Notifier()).step()


async def nudged(replica: Replica, of: Shown) -> Handle:
    """The message of the reminder, once it is posted."""
    await make_due(replica.db)
    assert await remind(replica.db) == 1
    await post_all(replica)
    [row] = await replica.db.fetch("select channel, ts from notes where ts is not null and over_at is null")
    return Handle(channel=row["channel"], ts=row["ts"])


def message(replica: Replica, handle: Handle) -> list[Json]:
    """The blocks of a message."""
    [found] = [each for each in replica.slack.world.messages(handle.channel) if each.ts == handle.ts]
    return list(found.blocks)


async def test_it_is_one_note_whose_buttons_name_the_open_round(replica: Replica) -> None:
    of = await shown(replica)
    await of.click("apply")

    note = await nudged(replica, of)

    section, buttons = message(replica, note)
    assert "<@U0ANA> decided to apply this fix" in section["text"]["text"]
    value = action_ids.thing("fix", of.thing.id)
    assert {each["value"] for each in buttons["elements"]} == {value}, "so that a click locks the thing at once"
    assert buttons["block_id"] == action_ids.block_id((await of.round()).id, action_ids.NOTE)
    assert [each["text"]["text"] for each in buttons["elements"]] == ["Worked", "Didn't…", "Still waiting…"]
    await make_due(replica.db)
    assert await remind(replica.db) == 0, "once"
    assert replica.called("chat.postMessage")[-1]["thread_ts"] == of.handle.ts


async def test_a_click_on_the_note_counts_and_takes_its_buttons(replica: Replica) -> None:
    of = await shown(replica)
    await of.click("apply")
    note = await nudged(replica, of)

    stale = {
        "block_id": action_ids.block_id((await of.round()).id, action_ids.NOTE),
        "action_id": action_ids.choose("worked"),
        "value": "1",
    }
    await replica.click(await of.round(), note, stale=stale)
    await replica.settle()
    await post_all(replica)

    assert (await of.row()).outcome == "applied_success" and "*Worked*" in of.text()
    asked, now = message(replica, note)
    assert "Did it work?" in asked["text"]["text"] and "✅ *Worked*, recorded by <@U0ANA>" in now["text"]["text"]
    assert len(await replica.db.fetch("select from cards")) == 1, "the note is no card"
    assert len(replica.parts.clicks._expected) == 0  # noqa: SLF001  -- no fallback would replace the note by the card
    [row] = await replica.db.fetch("select organization_id, id from interactions where choice = 'worked'")
    answered = await interactions.get(replica.db, row["organization_id"], row["id"])
    assert answered is not None
    late = await replica.click(answered, note, stale=stale, user="U0BOB")
    assert late["status"] == 200
    await post_all(replica)
    assert len(await replica.db.fetch("select from cards")) == 1
    [(user, told, _)] = replica.whispers(CHANNEL)
    assert user == "U0BOB" and told.startswith("✅ *Worked*")


async def test_still_waiting_records_the_reason_and_asks_again_in_its_time(replica: Replica) -> None:
    of = await shown(replica)
    await of.click("apply")
    note = await nudged(replica, of)

    view = await of.form("pending", handle=note, version=action_ids.NOTE)
    target = codec.target(view["private_metadata"])
    assert target is not None and (target.ts, target.thread_ts) == (None, of.handle.ts), "it belongs to no card"
    await of.send(view, words="The nightly run.", remind_in="0")
    await post_all(replica)

    row = await of.row()
    assert (row.outcome, row.waiting_on) == ("applied_pending", "The nightly run.")
    assert row.due_at is not None and row.outcome_at is not None and (row.due_at - row.outcome_at).seconds == 3_600
    assert len(message(replica, note)) == 2 and len(await replica.db.fetch("select from cards")) == 1
    again = await nudged(replica, of)
    assert again != note and "waits" in str(message(replica, again)[0])
    await of.send(await of.form("reason", handle=again, version=action_ids.NOTE), words="The weekly run.")
    assert (await of.row()).waiting_on == "The weekly run."


async def test_still_waiting_for_the_same_asks_again_in_a_day(replica: Replica) -> None:
    of = await shown(replica)
    await Proposer(db=replica.db, tenant=replica.tenant).judge(of.thing.id, "applied_pending", reason="The run.")
    await replica.settle()
    note = await nudged(replica, of)
    assert (await of.row()).due_at is None

    await of.send(await of.form("reason", handle=note, version=action_ids.NOTE), words="The run.")

    [left] = await replica.db.fetch("select extract(epoch from due_at - clock_timestamp()) as seconds from fixes")
    assert 86_000 < left["seconds"] <= 86_400
    await make_due(replica.db)
    assert await remind(replica.db) == 1


async def test_what_an_agent_reports_after_it_is_told_in_its_place_and_asked_after_again(replica: Replica) -> None:
    of, agent = await shown(replica), Proposer(db=replica.db, tenant=replica.tenant)
    await of.click("apply")
    note = await nudged(replica, of)
    view = await of.form("failed", handle=note, version=action_ids.NOTE)

    await agent.propose_outcome(of.thing.id, "applied_success", reason="Rate 0 %.")
    late = await of.send(view, words="It hangs.")
    await post_all(replica)

    reports = "“deploy-bot” reports: ✅ *Worked*. “Rate 0 %.” It counts once a person confirms it on its card."
    _, now = message(replica, note)
    assert reports in now["text"]["text"]
    assert reports in str(late["response"]), "and an open form says what has changed"
    assert (await of.row()).outcome == "proposed" and (await of.row()).due_at is not None
    await make_due(replica.db)
    assert await remind(replica.db) == 1


async def test_a_note_that_was_not_posted_before_the_verdict_is_never_posted(replica: Replica) -> None:
    of = await shown(replica)
    await of.click("apply")
    await make_due(replica.db)
    await remind(replica.db)
    posts = len(replica.called("chat.postMessage"))

    await of.click("worked")
    await post_all(replica)

    [row] = await replica.db.fetch("select ts, given_up_at, reason ->> 'code' as code from notes")
    assert (row["ts"], row["code"]) == (None, "answered_before") and row["given_up_at"] is not None
    assert len(replica.called("chat.postMessage")) == posts


async def test_a_leased_note_is_not_posted_after_the_verdict(replica: Replica) -> None:
    of = await shown(replica)
    await of.click("apply")
    await make_due(replica.db)
    await remind(replica.db)
    [leased], _ = await notes.lease(replica.db, [replica.tenant.scope], limit=9, seconds=5)

    await clicked(replica.db, replica.tenant, of.thing.id, "worked")

    assert not await notes.mark_maybe_sent(replica.db, leased)


async def test_a_note_that_was_being_posted_loses_its_buttons_at_once(replica: Replica) -> None:
    of = await shown(replica)
    await of.click("apply")
    await make_due(replica.db)
    await remind(replica.db)
    [leased], _ = await notes.lease(replica.db, [replica.tenant.scope], limit=9, seconds=5)
    assert await notes.mark_maybe_sent(replica.db, leased)
    await clicked(replica.db, replica.tenant, of.thing.id, "worked")
    assert await notes.lease_edits(replica.db, [replica.tenant.scope], limit=9) == []

    await notes.sent(replica.db, leased, Handle(channel=CHANNEL, ts="2.2"))

    [edit] = await notes.lease_edits(replica.db, [replica.tenant.scope], limit=9) or await _released(replica)
    assert edit.handle == Handle(channel=CHANNEL, ts="2.2")


async def _released(replica: Replica) -> list[notes.LeasedEdit]:
    await replica.db.fetch("update notes set leased_until = null")
    return await notes.lease_edits(replica.db, [replica.tenant.scope], limit=9)


async def test_slack_did_not_take_it_before_the_verdict_so_it_is_not_tried_again(replica: Replica) -> None:
    of = await shown(replica)
    await of.click("apply")
    await make_due(replica.db)
    await remind(replica.db)
    [leased], _ = await notes.lease(replica.db, [replica.tenant.scope], limit=9, seconds=5)
    assert await notes.mark_maybe_sent(replica.db, leased)
    await clicked(replica.db, replica.tenant, of.thing.id, "worked")

    reason = {"code": "ratelimited", "detail": "", "fix": ""}
    assert await notes.put_off(replica.db, leased, seconds=0, reason=reason, failed=False)

    posts = len(replica.called("chat.postMessage"))
    await post_all(replica)
    assert len(replica.called("chat.postMessage")) == posts


async def test_one_that_the_release_before_put_off_after_the_verdict_is_given_up(
    replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The release before does not look whether the round is over."""
    of = await shown(replica)
    await of.click("apply")
    await make_due(replica.db)
    await remind(replica.db)
    scope = replica.tenant.scope
    [leased], _ = await notes.lease(replica.db, [scope], limit=9, seconds=5)
    assert await notes.mark_maybe_sent(replica.db, leased)
    await clicked(replica.db, replica.tenant, of.thing.id, "worked")
    former = mutated("notes", "put_off", (" or notes.over_at is not null", ""))
    monkeypatch.setitem(notes._SQL, "put_off", former)  # noqa: SLF001  -- the statement that the call uses
    reason = {"code": "ratelimited", "detail": "", "fix": ""}
    assert not await notes.put_off(replica.db, leased, seconds=0, reason=reason, failed=False)
    await replica.db.fetch("update notes set leased_until = clock_timestamp() + interval '9 s'")
    assert not await notes.mark_maybe_sent(replica.db, leased), "also if it was leased again"
    await replica.db.fetch("update notes set leased_until = null")

    done, [abandoned] = await notes.lease(replica.db, [scope], limit=9, seconds=5)

    assert (done, abandoned.code) == ([], "answered_before")
    assert await notes.lease(replica.db, [scope], limit=9, seconds=5) == ([], [])


async def test_a_late_click_finds_a_reminder_that_was_posted_and_not_recorded(replica: Replica) -> None:
    of = await shown(replica)
    await of.click("apply")
    note, stale = await unrecorded(replica, of)
    asking = await of.round()
    await of.click("worked")
    await post_all(replica)
    assert len(message(replica, note)[1]["elements"]) == 3, "nothing knows it yet"

    await replica.click(asking, note, stale=stale, user="U0BOB")
    await post_all(replica)

    asked, now = message(replica, note)
    assert "Did it work?" in asked["text"]["text"] and "✅ *Worked*, recorded by <@U0ANA>" in now["text"]["text"]
    assert len(await replica.db.fetch("select from cards")) == 1


async def test_a_click_that_opens_a_form_finds_it_too(replica: Replica) -> None:
    of = await shown(replica)
    await of.click("apply")
    note, _ = await unrecorded(replica, of)

    view = await of.form("pending", handle=note, version=action_ids.NOTE)
    await replica.settle()
    await of.send(view, words="The nightly run.")
    await post_all(replica)

    assert len(message(replica, note)) == 2 and "waiting to verify" in str(message(replica, note)[1])


@pytest.mark.parametrize("where", ["another connection", "another thread", "the card", "a known note", "while posting"])
async def test_no_other_message_is_taken_for_it(replica: Replica, where: str) -> None:
    of = await shown(replica)
    await of.click("apply")
    note, _ = await unrecorded(replica, of)
    scope, round_id = replica.tenant.scope, (await of.round()).id
    thread_ts = of.handle.ts
    match where:
        case "another connection":
            scope = (await build.tenant(replica.db)).scope
        case "another thread":
            thread_ts = "1.1"
        case "the card":
            note = of.handle
        case "a known note":
            await replica.db.fetch(
                """
                insert into notes (
                    organization_id, connection_id, thing_id, interaction_id, card_id, id, number, text, size,
                    maybe_sent, channel, ts, sent_at)
                select
                    organization_id, connection_id, thing_id, interaction_id, card_id, gen_random_uuid(), 2, 'a', 1,
                    true, $1, $2, clock_timestamp()
                from notes
                """,
                note.channel,
                note.ts,
            )
        case _:
            await replica.db.fetch("update notes set leased_until = clock_timestamp() + interval '9 s'")

    await notes.adopt(replica.db, scope, of.thing.id, round_id, note, thread_ts=thread_ts)

    [row] = await replica.db.fetch("select ts from notes where number = 1")
    assert row["ts"] is None


async def unrecorded(replica: Replica, of: Shown) -> tuple[Handle, Json]:
    """A reminder that Slack has posted without saying so: where it is, and its first button."""
    await make_due(replica.db)
    await remind(replica.db)
    replica.fault("chat.postMessage", Kind.DROP_AFTER)
    await replica.db.fetch("delete from throttles")
    await loop(replica).post()
    [row] = await replica.db.fetch("select maybe_sent, ts from notes")
    assert tuple(row) == (True, None)
    [posted] = [each for each in replica.slack.world.messages(CHANNEL) if each.thread_ts and each.ts != of.handle.ts]
    block = action_ids.block_id((await of.round()).id, action_ids.NOTE)
    stale = {"block_id": block, "action_id": action_ids.choose("worked"), "value": "1"}
    return Handle(channel=CHANNEL, ts=posted.ts), stale


async def test_an_edit_that_slack_refuses_is_tried_again_until_the_message_is_gone(replica: Replica) -> None:
    of = await shown(replica)
    await of.click("apply")
    note = await nudged(replica, of)
    await clicked(replica.db, replica.tenant, of.thing.id, "worked")
    replica.fault("chat.update", Kind.DROP_BEFORE)

    await loop(replica).edits.edit()
    [row] = await replica.db.fetch("select edited_at, failures from notes")
    assert (row["edited_at"], row["failures"]) == (None, 1)
    await post_all(replica)

    assert len(message(replica, note)) == 2


@pytest.mark.parametrize("is_posted", [False, True])
async def test_a_disabled_connection_takes_the_reminder_of_its_round_too(replica: Replica, *, is_posted: bool) -> None:
    of = await shown(replica)
    await of.click("apply")
    if is_posted:
        await nudged(replica, of)
    else:
        await make_due(replica.db)
        await remind(replica.db)
    posts = len(replica.called("chat.postMessage"))

    await disable(replica)
    await enable(replica)
    await post_all(replica)

    [row] = await replica.db.fetch("select ts, edited_at, given_up_at, reason ->> 'code' as code from notes")
    assert (row["edited_at"] is not None, row["given_up_at"] is not None) == (is_posted, not is_posted)
    assert row["code"] == (None if is_posted else "disconnected")
    assert len(replica.called("chat.postMessage")) == posts


async def test_no_one_is_reminded_while_disconnected_but_afterwards(replica: Replica) -> None:
    of = await shown(replica)
    await of.click("apply")
    await make_due(replica.db)
    await disable(replica)
    things = Things(db=replica.db, notifier=replica.notifier)

    assert await things.step() == 0 and (await of.row()).due_at is not None
    due = await NOUN.table.due(replica.db, seconds=60, limit=9)
    await enable(replica)

    assert due == [], "what is disconnected keeps the loop from nothing else"
    assert await remind(replica.db) == 1
    assert (await of.row()).due_at is None
    await post_all(replica)
    [row] = await replica.db.fetch("select round_id, ts from notes")
    assert row["ts"] is not None and row["round_id"] == (await of.round()).id


async def test_a_fix_that_is_due_stays_due_while_disconnected(
    replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection was disabled after the loop had looked."""
    of = await shown(replica)
    await of.click("apply")
    await make_due(replica.db)
    looked = await NOUN.table.due(replica.db, seconds=60, limit=9)
    await disable(replica)

    async def due(*_: Any, **__: Any) -> list[Due]:
        return looked

    monkeypatch.setattr(NOUN.table, "due", due)
    assert await remind(replica.db) == 0

    assert (await of.row()).due_at is not None and await replica.db.fetch("select from notes") == []


async def disable(replica: Replica) -> None:
    scope = replica.tenant.scope
    await connections.disable(replica.db, organization_id=scope.organization_id, id=scope.connection_id, new_id=ids.new)
    await replica.settle()


async def enable(replica: Replica) -> None:
    scope = replica.tenant.scope
    await connections.enable(replica.db, organization_id=scope.organization_id, id=scope.connection_id)


async def test_an_edit_that_failed_for_a_day_is_given_up_and_said_to_be(replica: Replica, log: io.StringIO) -> None:
    of = await shown(replica)
    await of.click("apply")
    await nudged(replica, of)
    await clicked(replica.db, replica.tenant, of.thing.id, "worked")
    await replica.db.fetch("update notes set over_at = over_at - interval '25 hours'")
    replica.fault("chat.update", Kind.DROP_BEFORE)

    await loop(replica).edits.edit()

    said = [each["event"] for each in events(log) if each["event"].startswith("note_")]
    assert said[-1] == "note_not_edited" and "note_put_off" not in said
    [counted] = [each for each in replica.metrics.registry.collect() if each.name == "askbridge_notes_given_up"]
    assert sum(each.value for each in counted.samples if each.name.endswith("_total")) == 1


async def test_two_replicas_remind_once(db: Database, other: Database, dsn: str) -> None:
    tenant = await build.tenant(db)
    thing = await Proposer(db=db, tenant=tenant).propose()
    await clicked(db, tenant, thing.id, "apply")
    await make_due(db)

    async with held(dsn, "select from things where id = $1 for no key update", thing.id) as holder:
        steps = [asyncio.create_task(remind(pool)) for pool in (db, other)]
        await until_waiting(holder, number=2)
    done = await asyncio.gather(*steps)

    assert sum(done) == 1 and len(await db.fetch("select from notes")) == 1


async def test_a_verdict_that_was_first_leaves_nothing_to_remind_of(db: Database, other: Database, dsn: str) -> None:
    tenant = await build.tenant(db)
    thing = await Proposer(db=db, tenant=tenant).propose()
    await clicked(db, tenant, thing.id, "apply")
    await make_due(db)
    worked = await click(db, tenant, thing.id, "worked")

    async with held(dsn, "select from things where id = $1 for no key update", thing.id) as holder:
        clicking = asyncio.create_task(transactions.claim(db, NOUN, thing.id, worked, seconds=20))
        await until_waiting(holder)
        reminding = asyncio.create_task(remind(other))
        await until_waiting(holder, number=2)
    done = await asyncio.gather(clicking, reminding)

    assert done[0].claimed.verdict is Verdict.WON and done[1] == 0
    assert await db.fetch("select from notes") == []


async def test_of_a_superseded_fix_no_one_is_reminded(db: Database, tenant: Tenant) -> None:
    agent = Proposer(db=db, tenant=tenant)
    thing = await agent.propose()
    await clicked(db, tenant, thing.id, "apply")
    await make_due(db)
    await agent.propose()

    assert await remind(db) == 0 and (await found(db, tenant, thing.id)).row.due_at is None
