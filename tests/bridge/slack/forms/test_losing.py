"""A submission that does not count: the form is replaced by a page that says why and shows what was entered."""

import asyncio
import io
from collections.abc import Awaitable, Callable

import pytest

from bridge.forms import codec
from bridge.forms.codec import FormTarget
from sandbox.slack.faults import Kind
from storage.model import Handle, Interaction, Status
from tests import payloads
from tests.bridge.logged import events
from tests.bridge.replica import Replica
from tests.bridge.slack.forms import asking
from tests.bridge.slack.forms.asking import CHANNEL, WORDS
from tests.storage import build

Arrange = Callable[[Replica, Interaction, Handle], Awaitable[object]]
NOT_RECORDED = "What you entered was not recorded."


async def nothing(_: Replica, __: Interaction, ___: Handle) -> None:
    pass


async def taken(replica: Replica, question: Interaction, handle: Handle) -> None:
    await replica.click(question, handle, choice="approve", user="U0BOB")


async def decided(replica: Replica, question: Interaction, handle: Handle) -> None:
    await replica.click(question, handle, choice="approve")


async def expired(replica: Replica, question: Interaction, handle: Handle) -> None:
    await replica.pass_deadline(question)


async def cancelled(replica: Replica, question: Interaction, handle: Handle) -> None:
    await asking.cancel(replica, question)


async def superseded(replica: Replica, question: Interaction, handle: Handle) -> None:
    newer = await build.question(replica.db, replica.tenant, supersedes=question.id)
    await replica.settle()
    assert (await replica.card(newer)).permalink


async def purged(replica: Replica, question: Interaction, handle: Handle) -> None:
    await asking.purge(replica)


CASES: list[tuple[str, Arrange, str]] = [
    ("taken", taken, "<@U0BOB> already answered “Approve” just now."),
    ("decided", decided, "You already answered “Approve” just now, and that answer is final."),
    ("expired", expired, "This question expired just now and can no longer be answered."),
    ("cancelled", cancelled, "This question was cancelled just now: “The release was called off.”"),
    ("superseded", superseded, "This question was replaced by a newer one just now. Please answer <http"),
    ("gone", purged, "This question is no longer active."),
]


@pytest.mark.parametrize(("verdict", "arrange", "words"), CASES, ids=[case[0] for case in CASES])
async def test_the_page_says_why_and_shows_what_was_entered(
    replica: Replica, second: Replica, verdict: str, arrange: Arrange, words: str
) -> None:
    question, handle = await asking.ask(replica, responders=None)
    view = await asking.opened(replica, question, handle)
    await arrange(replica, question, handle)
    whispers = replica.whispers(CHANNEL)

    report = await asking.submit(second, view)

    assert (report["status"], report["trouble"]) == (200, None)
    page = await asking.view(replica)
    assert words in asking.shown(page) and NOT_RECORDED in asking.shown(page)
    assert WORDS in asking.shown(page), "nothing that was entered is lost"
    assert page["external_id"] not in ("", view["external_id"]), "a notice for the form must not replace the page"
    assert page["submit"] is None and page["title"]["text"] == "Not recorded"
    assert (await replica.verdicts())[-1] == verdict
    assert replica.whispers(CHANNEL) == whispers, "the page has said it"
    await asking.settled(second)
    assert await asking.view(replica) == page, "no notice replaces the page"


async def test_a_question_that_is_gone_is_gone_where_its_form_was_opened_too(replica: Replica) -> None:
    """This replica remembers what was asked; the claim decides all the same."""
    question, handle = await asking.ask(replica)
    view = await asking.opened(replica, question, handle)
    await asking.purge(replica)

    await asking.submit(replica, view)

    page = asking.shown(await asking.view(replica))
    assert "This question is no longer active." in page and WORDS in page
    assert await replica.verdicts() == ["gone"]


async def test_the_same_words_of_the_winner_are_recorded_already_and_close_the_form(replica: Replica) -> None:
    question, handle = await asking.ask(replica)
    forms = [asking.payload(await asking.opened(replica, question, handle)) for _ in range(3)]
    other = asking.payload(forms[2]["view"], "Never.")

    bodies = [await asking.send(replica, sent) for sent in (*forms[:2], other)]

    assert bodies[:2] == [None, None]
    assert bodies[2] is not None and "that answer is final" in asking.shown(bodies[2]["view"])
    assert (await replica.verdicts())[3:] == ["won", "recorded", "decided"]
    assert replica.whispers(CHANNEL) == []


async def test_a_repeated_submission_is_told_the_same_and_has_one_effect(replica: Replica, second: Replica) -> None:
    question, handle = await asking.ask(replica, responders=None)
    view = await asking.opened(replica, question, handle)
    won, lost = asking.payload(view), asking.payload(view, user="U0BOB")

    first = [await asking.send(replica, sent) for sent in (won, lost)]
    again = [await asking.send(second, sent) for sent in (won, lost) for _ in range(3)]

    assert first[0] is None and first[1] is not None
    assert [body is None for body in again] == [True] * 3 + [False] * 3
    rows = await replica.db.fetch("select verdict, repeats from clicks order by clicked_at")
    assert [tuple(row) for row in rows] == [("opened", 0), ("won", 3), ("taken", 3)]
    assert len(await replica.db.fetch("select from events where type = 'interaction.answered'")) == 1


@pytest.mark.parametrize(
    ("verdict", "user", "team", "words"),
    [
        ("not_yours", "U0BOB", "T0SANDBOX", "Only <@U0ANA> can answer this question."),
        ("outsider", "U0SAM", "T0OTHER", "People from other organizations cannot answer this question."),
    ],
)
async def test_who_may_answer_is_checked_when_the_form_is_sent(
    replica: Replica, verdict: str, user: str, team: str, words: str
) -> None:
    """That the person could open the form proves nothing: it may have been opened before, or for another person."""
    question, handle = await asking.ask(replica)
    view = await asking.opened(replica, question, handle)
    sent = asking.payload(view, user=user, team=team)
    sent["enterprise"] = {"id": "E0OTHER", "name": "Other"}  # of the person, not of the installation

    body = await asking.send(replica, sent)

    assert body is not None and body["response_action"] == "update"
    assert f"{words} {NOT_RECORDED}" in asking.shown(body["view"]) and WORDS in asking.shown(body["view"])
    assert await replica.verdicts() == ["opened", verdict]
    assert (await asking.read(replica, question)).status is Status.PENDING


async def test_a_form_of_another_installation_reveals_nothing(replica: Replica) -> None:
    question, handle = await asking.ask(replica)
    view = await asking.opened(replica, question, handle)
    await build.tenant(replica.db, team="T0OTHER")
    connected, unknown = (asking.payload(view | {"app_installed_team_id": team}) for team in ("T0OTHER", "T0NONE"))

    bodies = [await asking.send(replica, sent) for sent in (connected, unknown)]

    for body in bodies:
        assert body is not None and f"This question is no longer active. {NOT_RECORDED}" in asking.shown(body["view"])
        assert question.request["title"] not in str(body)
        assert WORDS in asking.shown(body["view"])
    assert await replica.verdicts() == ["opened", "gone"], "a verdict is audited where the installation is connected"
    assert (await asking.read(replica, question)).status is Status.PENDING


@pytest.mark.parametrize("choice", [None, "burn", "", "approve\n", "respond\x00"])
async def test_a_choice_without_a_form_is_gone(replica: Replica, choice: str | None) -> None:
    question, handle = await asking.ask(replica)
    view = await asking.opened(replica, question, handle)
    forged = codec.metadata(FormTarget(interaction=question.id, choice=choice, channel=handle.channel, ts=handle.ts))

    body = await asking.send(replica, asking.payload(view | {"private_metadata": forged}))

    assert body is not None and "no longer active" in asking.shown(body["view"])
    assert await replica.verdicts() == ["opened", "gone"]


async def test_what_cannot_be_confirmed_keeps_the_form_and_counts_when_it_is_sent_again(
    replica: Replica, second: Replica, log: io.StringIO
) -> None:
    question, handle = await asking.ask(replica)
    view = await asking.opened(replica, question, handle)
    await replica.claims.close()

    report = await asking.submit(replica, view)

    assert report["status"] == 503 and report["trouble"]
    assert [event["event"] for event in events(log)][-1] == "click_unavailable"
    assert replica.whispers(CHANNEL) == [], "Slack says it in the form"
    again = await asking.submit(second, await asking.view(replica))
    assert (again["status"], again["trouble"]) == (200, None)
    assert await second.verdicts() == ["opened", "won"]


@pytest.mark.parametrize("change", ["kind", "version"])
@pytest.mark.parametrize("blocks", ["inputs", "nothing"])
async def test_what_only_a_later_release_can_read_stays_for_it(
    replica: Replica, second: Replica, change: str, blocks: str
) -> None:
    """During an upgrade an old replica must not close the form of a new one as if it counted."""
    question, handle = await asking.ask(replica)
    sent = asking.payload(await asking.opened(replica, question, handle))
    if change == "kind":
        await replica.db.fetch("update interactions set kind = 'telepathy'")
    else:
        sent["view"]["state"]["values"]["f2_comment"] = {}
    if blocks == "nothing":
        sent["view"]["blocks"] = []

    body = await asking.send(second, sent)

    assert body is not None and "during an upgrade" in str(body) and "submit it again" in str(body)
    assert body["response_action"] == ("errors" if blocks == "inputs" else "update")
    assert blocks == "inputs" or WORDS in str(body)
    assert await replica.verdicts() == ["opened", "mistaken"]
    assert (await asking.read(replica, question)).status is Status.PENDING


async def test_a_form_of_a_later_release_whose_question_has_ended_is_told_how(replica: Replica) -> None:
    question, handle = await asking.ask(replica, responders=None)
    sent = asking.payload(await asking.opened(replica, question, handle))
    await taken(replica, question, handle)
    sent["view"]["state"]["values"]["f2_comment"] = {}

    body = await asking.send(replica, sent)

    assert body is not None and "<@U0BOB> already answered “Approve”" in asking.shown(body["view"])


async def test_a_winner_whose_card_cannot_be_edited_is_told_privately(replica: Replica) -> None:
    question, handle = await asking.ask(replica)
    view = await asking.opened(replica, question, handle)
    replica.fault("chat.update", Kind.ERROR, error="not_in_channel", times=100)
    await asking.submit(replica, view)

    await replica.cards.step()
    await replica.parts.card_fallback.close()

    [(to, text, _)] = replica.whispers(CHANNEL)
    assert to == "U0ANA" and "Your answer “Deny” was recorded." in text


async def test_of_a_click_and_submissions_at_once_one_wins(replica: Replica, second: Replica) -> None:
    question, handle = await asking.ask(replica, responders=None)
    view = await asking.opened(replica, question, handle)
    submissions = [payloads.form(asking.payload(view, user=f"U{number}")) for number in range(8)]
    clicks = [payloads.form(replica.payload(question, user=f"UC{number}")) for number in range(8)]

    answers = await asyncio.gather(
        *(
            (replica, second)[number % 2].send(body)
            for number, body in enumerate([*submissions, *clicks, *submissions[:4]])
        )
    )

    assert {answer.status for answer in answers} == {200}
    verdicts = await replica.verdicts()
    assert verdicts.count("won") == 1 and len(verdicts) == 17
    assert set(verdicts[1:]) <= {"won", "taken"}


async def test_a_body_that_cannot_be_made_never_closes_the_form(
    replica: Replica, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    """An empty 200 would tell the person that the answer counts."""
    question, handle = await asking.ask(replica)
    sent = asking.payload(await asking.opened(replica, question, handle), user="U0BOB")
    monkeypatch.setattr("bridge.slack.replies.reply", lambda *_, **__: 1 / 0)

    answer = await replica.send(payloads.form(sent))

    assert (answer.status, answer.body) == (503, b"")
    assert "form_not_answered" in log.getvalue()
