"""Reading a full text: page by page, on any replica, by those who may decide, and without taking anything."""

import hashlib
import io
from typing import Any

import pytest

from bridge.forms import codec
from bridge.slack.forms import pages
from sandbox.slack.faults import Kind
from storage.model import Handle, Interaction, Status
from tests import payloads
from tests.bridge import limits
from tests.bridge.logged import events
from tests.bridge.replica import Replica
from tests.bridge.slack.forms import asking, reading
from tests.bridge.slack.forms.asking import CHANNEL
from tests.bridge.slack.forms.reading import LINES


async def audited(replica: Replica) -> list[tuple[str, str | None, str]]:
    rows = await replica.db.fetch("select verdict, choice, user_id from clicks order by clicked_at")
    return [tuple(row) for row in rows]


async def test_the_whole_text_is_read_page_by_page_on_two_replicas_and_nothing_is_taken(
    replica: Replica, second: Replica, log: io.StringIO
) -> None:
    question, handle = await reading.ask(replica)
    view = await reading.opened(replica, question, handle)
    read, others = [reading.shown(view)], [second, replica]
    assert reading.buttons(view) == ["Next"]
    assert hashlib.sha256(LINES.encode()).hexdigest() in reading.words(view)

    while "Next" in reading.buttons(view):
        await reading.turn(others[len(read) % 2], view, len(read))
        view = await asking.view(replica)
        read.append(reading.shown(view))

    assert "".join(read) == LINES and len(read) == 3
    assert reading.buttons(view) == ["Previous"] and "The text ends here." in reading.words(view)
    await reading.turn(second, view, 1)
    assert reading.shown(await asking.view(replica)) == read[1]
    assert await audited(replica) == [("opened", None, "U0ANA")] * 4
    assert replica.whispers(CHANNEL) == []
    assert [event["event"] for event in events(log)] == ["card_posted", *["click_decided"] * 4]
    now = await asking.read(replica, question)
    assert (now.status, now.answer) == (Status.PENDING, None)
    await replica.click(question, handle)
    assert (await asking.read(replica, question)).status is Status.ANSWERED


async def test_the_card_offers_it_as_long_as_the_question_is_open(replica: Replica) -> None:
    question, handle = await reading.ask(replica)
    assert "Show all" in replica.shown(handle) and "only its beginning" in replica.shown(handle)
    assert (await replica.card(question)).truncated == ["/action/full"]

    await replica.click(question, handle)
    await replica.settle()

    assert "Show all" not in replica.shown(handle) and "only its beginning" in replica.shown(handle)


@pytest.mark.parametrize(
    ("user", "verdict", "words"),
    [("U0BOB", "not_yours", "Only <@U0ANA> can answer"), ("U0SAM", "outsider", "People from other organizations")],
)
async def test_the_wrong_person_is_told_privately_and_reads_nothing(
    replica: Replica, user: str, verdict: str, words: str
) -> None:
    question, handle = await reading.ask(replica)

    await reading.click(replica, question, handle, user=user)

    [(to, text, _)] = replica.whispers(CHANNEL)
    assert to == user and words in text
    assert replica.called("views.open") == [] and await replica.verdicts() == [verdict]


async def end(replica: Replica, question: Interaction, handle: Handle) -> None:
    await replica.click(question, handle)


async def expire(replica: Replica, question: Interaction, handle: Handle) -> None:
    await replica.pass_deadline(question)


async def purge(replica: Replica, question: Interaction, handle: Handle) -> None:
    await asking.purge(replica)


@pytest.mark.parametrize(
    ("change", "verdict", "words"),
    [
        (end, "decided", "You already answered “Approve” just now, and that answer is final. The text is not shown."),
        (expire, "expired", "and can no longer be answered. The text is not shown."),
        (purge, "gone", "This question is no longer active. The text is not shown."),
    ],
)
async def test_a_page_of_a_question_that_has_ended_says_so_and_shows_nothing(
    replica: Replica, second: Replica, change: Any, verdict: str, words: str
) -> None:
    question, handle = await reading.ask(replica)
    view = await reading.opened(replica, question, handle)
    await change(replica, question, handle)

    await reading.turn(second, view, 1)

    page = await asking.view(replica)
    assert words in reading.words(page) and "line 0" not in reading.words(page)
    assert page["title"]["text"] == pages.NOT_SHOWN and reading.buttons(page) == []
    assert (await replica.verdicts())[-1] == verdict
    assert replica.whispers(CHANNEL) == []


async def test_who_is_no_responder_any_more_or_writes_a_page_by_hand_reads_nothing(replica: Replica) -> None:
    """A view is no right: the person in the signed payload is checked for each page."""
    question, handle = await reading.ask(replica)
    view = await reading.opened(replica, question, handle)
    sent = (await reading.turn(replica, view, 1))["payload"]
    before = reading.shown(await asking.view(replica))

    sent["user"] |= {"id": "U0BOB", "name": "bob", "username": "bob"}
    sent["view"]["hash"] = (await asking.view(replica))["hash"]
    await replica.send(payloads.form(sent))

    assert (await replica.verdicts())[-1] == "not_yours"
    assert "Only <@U0ANA> can answer this question. The text is not shown." in reading.words(await asking.view(replica))
    assert "line 00500" in before


async def test_a_repeated_click_and_a_repeated_page_change_nothing(replica: Replica, second: Replica) -> None:
    question, handle = await reading.ask(replica)
    first = payloads.form((await reading.click(replica, question, handle, wait_view=3))["payload"])
    view = await asking.view(replica)
    page = payloads.form((await reading.turn(replica, view, 1))["payload"])
    last = await reading.turn(replica, await asking.view(replica), 2)

    for one in (replica, second):
        for body in (first, page):
            assert (await one.send(body)).status == 200

    assert len(await asking.views(replica)) == 1
    assert "Page 3 of 3" in reading.words(await asking.view(replica)), "the view has another hash by now"
    assert await replica.verdicts() == ["opened"] * 3 and last["status"] == 200
    await replica.click(question, handle)
    await second.send(page)
    assert "Page 3 of 3" in reading.words(await asking.view(replica)), "a repeat after the end shows nothing new"


async def test_a_page_that_was_not_shown_in_time_is_not_shown_by_a_repeat_after_the_end(
    replica: Replica, second: Replica
) -> None:
    question, handle = await reading.ask(replica)
    view = await reading.opened(replica, question, handle)
    replica.fault("views.update", Kind.ERROR, error="internal_error")
    page = payloads.form((await reading.turn(replica, view, 1))["payload"])
    await replica.click(question, handle)

    await second.send(page)

    assert await replica.verdicts() == ["opened", "opened", "won"], "the repeat has the verdict that was stored"
    assert (await asking.view(replica))["hash"] == view["hash"]


async def test_a_question_without_a_full_text_has_none_to_show(replica: Replica) -> None:
    question, handle = await asking.ask(replica)

    await reading.click(replica, question, handle)

    assert await replica.verdicts() == ["gone"] and replica.called("views.open") == []
    assert (await asking.read(replica, question)).status is Status.PENDING


@pytest.mark.parametrize("page", [999, 3])
async def test_a_page_beyond_the_last_is_the_last(replica: Replica, page: int) -> None:
    question, handle = await reading.ask(replica)
    view = await reading.opened(replica, question, handle)
    sent = (await reading.turn(replica, view, 1))["payload"]
    sent["actions"][0]["action_id"] = codec.page_action(page)
    sent["view"]["hash"] = (await asking.view(replica))["hash"]

    await replica.send(payloads.form(sent))

    assert "Page 3 of 3" in reading.words(await asking.view(replica))


async def test_a_page_that_slack_refuses_is_logged_and_shown_by_the_next_click(
    replica: Replica, log: io.StringIO
) -> None:
    question, handle = await reading.ask(replica)
    view = await reading.opened(replica, question, handle)
    replica.fault("views.update", Kind.RATELIMITED)

    await reading.turn(replica, view, 1)
    await replica.pass_time()

    [event] = [event for event in events(log) if event["event"] == "page_not_shown"]
    assert (event["level"], event["code"]) == ("warning", "rate_limited")
    assert "Page 1 of 3" in reading.words(await asking.view(replica))


async def test_pages_get_no_notices_for_forms(replica: Replica) -> None:
    question, handle = await reading.ask(replica)
    before = await reading.opened(replica, question, handle)

    await asking.cancel(replica, question, reason="")
    await asking.settled(replica)

    assert (await asking.view(replica))["hash"] == before["hash"]
    assert limits.utf16(reading.shown(before)) <= 12_000
