"""Opening a form: once for each click, within the life of its trigger, and told to the clicker if it fails."""

import asyncio
import io
from typing import Any

import pytest

from bridge.slack.forms.opening import FormOpener
from sandbox.slack.faults import Kind
from storage.model import Status
from tests import payloads
from tests.bridge.logged import events
from tests.bridge.replica import Replica
from tests.bridge.slack.forms import asking
from tests.bridge.slack.forms.asking import CHANNEL
from tests.bridge.slack.parsing import parsed

NO_FORM = "The form for this button could not be opened. Your click had no effect. Please click again."


def opened(replica: Replica) -> float | None:
    return replica.metrics.registry.get_sample_value("askbridge_forms_opened_total")


def not_opened(replica: Replica, code: str) -> float | None:
    return replica.metrics.registry.get_sample_value("askbridge_forms_not_opened_total", {"code": code})


async def test_a_form_that_opens_is_counted_and_nothing_else_is_told(replica: Replica, log: io.StringIO) -> None:
    question, handle = await asking.ask(replica)

    await asking.opened(replica, question, handle)

    assert opened(replica) == 1
    assert [event["event"] for event in events(log)] == ["card_posted", "click_decided"]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": Kind.ERROR, "error": "expired_trigger_id"}, "form_expired"),
        ({"kind": Kind.ERROR, "error": "invalid_trigger_id"}, "form_expired"),
        ({"kind": Kind.ERROR, "error": "view_too_large"}, "card_too_long"),
        ({"kind": Kind.ERROR, "error": "a_new_error"}, "slack_error"),
        ({"kind": Kind.ERROR, "error": "invalid_auth"}, "token_refused"),
        ({"kind": Kind.RATELIMITED}, "rate_limited"),
        ({"kind": Kind.STATUS}, "slack_unavailable"),
        ({"kind": Kind.HTML}, "slack_unavailable"),
        ({"kind": Kind.DROP_BEFORE}, "slack_disconnected"),
    ],
)
async def test_a_form_that_does_not_open_is_told_to_the_clicker_and_opens_at_the_next_click(
    replica: Replica, log: io.StringIO, fault: dict[str, Any], code: str
) -> None:
    question, handle = await asking.ask(replica)
    replica.fault("views.open", **fault)

    await asking.click(replica, question, handle)

    assert replica.whispers(CHANNEL) == [("U0ANA", NO_FORM, None)]
    (event,) = [event for event in events(log) if event["event"] == "form_not_opened"]
    assert (event["level"], event["code"]) == ("warning", code)
    assert (opened(replica), not_opened(replica, code)) == (0, 1)
    assert (await asking.read(replica, question)).status is Status.PENDING
    await asking.opened(replica, question, handle)
    assert (opened(replica), len(replica.whispers(CHANNEL))) == (1, 1)


async def test_slack_is_not_waited_for_longer_than_the_trigger_lives(replica: Replica, log: io.StringIO) -> None:
    question, _ = await asking.ask(replica)
    payload = replica.payload(question)
    payload["actions"][0]["action_id"] = "v1:open:deny"
    outcome = await replica.clicks.decide(parsed(payload, api_url=replica.slack.api_url))  # type: ignore[arg-type]
    replica.fault("views.open", Kind.SLOW, seconds=2)
    opener = FormOpener(db=replica.db, installations=replica.installations, seconds=0.1)

    async with asyncio.timeout(1):
        assert not await opener.open(outcome)

    assert events(log)[-1]["code"] == "slack_timeout"


async def test_without_a_token_the_clicker_is_told_through_the_clicks_own_url(replica: Replica) -> None:
    question, handle = await asking.ask(replica)
    replica.installations._clients.clear()  # noqa: SLF001  -- a replica that has no token for this workspace

    await asking.click(replica, question, handle)

    assert replica.whispers(CHANNEL) == [("U0ANA", NO_FORM, None)]
    assert not_opened(replica, "token_missing") == 1


@pytest.mark.parametrize("change", ["no trigger", "a kind of a later release"])
async def test_what_this_release_cannot_open_is_told_too(replica: Replica, change: str) -> None:
    question, handle = await asking.ask(replica)
    payload = replica.payload(question)
    payload["actions"][0]["action_id"] = "v1:open:deny"
    payload["response_url"] = (await asking.click(replica, question, handle))["payload"]["response_url"]
    if change == "no trigger":
        del payload["trigger_id"]
    else:
        await replica.db.fetch("update interactions set kind = 'telepathy'")

    await replica.send_click(payload)

    assert await replica.verdicts() == ["opened", "opened"]
    assert replica.whispers(CHANNEL) == [("U0ANA", NO_FORM, None)]


async def test_a_mistake_of_ours_is_told_to_the_clicker(
    replica: Replica, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    question, handle = await asking.ask(replica)
    monkeypatch.setattr("bridge.slack.forms.opening.view.modal", lambda *_, **__: 1 / 0)

    await asking.click(replica, question, handle)

    assert replica.whispers(CHANNEL) == [("U0ANA", NO_FORM, None)]
    assert "ZeroDivisionError" in log.getvalue()


async def test_a_repeated_envelope_opens_one_form_on_any_number_of_replicas(replica: Replica, second: Replica) -> None:
    question, handle = await asking.ask(replica)
    body = payloads.form((await asking.click(replica, question, handle))["payload"])

    answers = [await one.send(body) for one in (replica, second, replica, second)]

    assert [answer.status for answer in answers] == [200] * 4
    assert len(replica.called("views.open")) == 2, "once for each replica, the second in vain"
    assert len(await asking.views(replica)) == 1
    assert replica.whispers(CHANNEL) == [], "a form that is open is no failure"
    assert await replica.verdicts() == ["opened"]


async def test_a_replica_that_died_before_it_opened_the_form_leaves_it_to_the_repeat(
    replica: Replica, second: Replica
) -> None:
    """A balancer sends the request again after the first replica has committed and died."""
    question, handle = await asking.ask(replica)
    replica.fault("interactivity", Kind.DROP_BEFORE)
    payload = (await asking.click(replica, question, handle))["payload"]
    await replica.clicks.decide(parsed(payloads.form(payload), api_url=replica.slack.api_url))  # type: ignore[arg-type]

    await second.send(payloads.form(payload))

    assert await asking.view(second)
    assert await replica.verdicts() == ["opened"]


@pytest.mark.parametrize(
    ("user", "verdict", "words"),
    [("U0BOB", "not_yours", "Only <@U0ANA> can answer"), ("U0SAM", "outsider", "People from other organizations")],
)
async def test_the_wrong_person_gets_no_form(replica: Replica, user: str, verdict: str, words: str) -> None:
    question, handle = await asking.ask(replica)

    await asking.click(replica, question, handle, user=user)

    [(to, text, _)] = replica.whispers(CHANNEL)
    assert to == user and words in text
    assert replica.called("views.open") == [] and await replica.verdicts() == [verdict]


async def test_after_the_end_a_click_gets_no_form_and_a_repeat_no_second_message(
    replica: Replica, second: Replica
) -> None:
    question, handle = await asking.ask(replica, responders=None)
    first = payloads.form((await asking.click(replica, question, handle))["payload"])
    await replica.click(question, handle, choice="approve", user="U0BOB")

    await asking.click(replica, question, handle)
    await second.send(first)

    [(to, text, _)] = replica.whispers(CHANNEL)
    assert to == "U0ANA" and "<@U0BOB> already answered “Approve”" in text
    assert len(replica.called("views.open")) == 1
    assert await replica.verdicts() == ["opened", "won", "taken"]
