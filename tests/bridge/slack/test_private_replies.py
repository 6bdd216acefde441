"""Private replies have two ways, of which the second is tried only when the first certainly failed."""

import io

import pytest

from sandbox.slack.faults import Kind
from storage.model import Handle, Interaction
from tests.bridge.logged import events
from tests.bridge.replica import Counting, Replica
from tests.storage import build

CHANNEL = "C0APPROVALS"


async def test_a_reply_whose_outcome_is_unknown_is_not_repeated_in_another_way(
    replica: Replica, question: Interaction, handle: Handle
) -> None:
    """Both replies could arrive, and two are worse than none."""
    replica.fault("response_url", Kind.DROP_AFTER)

    await replica.click(question, handle, user="U0BOB")

    assert len(replica.whispers(CHANNEL)) == 1
    assert replica.called("chat.postEphemeral") == []


@pytest.mark.parametrize("error", ["used_url", "expired_url"])
async def test_a_loser_whose_response_url_is_refused_is_told_by_the_app_itself(
    replica: Replica, question: Interaction, handle: Handle, error: str
) -> None:
    replica.fault("response_url", Kind.ERROR, error=error)

    await replica.click(question, handle, user="U0BOB")

    [(to, text, _)] = replica.whispers(CHANNEL)
    assert to == "U0BOB" and "Only <@U0ANA> can answer" in text


@pytest.mark.parametrize("url", ["https://hooks.slack-gov.com/actions/T0/1/secret-of-the-url", "https://[", 7])
async def test_a_response_url_of_an_unknown_origin_is_logged_counted_and_made_up_for(
    replica: Replica, question: Interaction, handle: Handle, log: io.StringIO, url: object
) -> None:
    payload = replica.payload(question, user="U0BOB", response_url=url)
    payload["container"] |= {"channel_id": handle.channel, "message_ts": handle.ts}

    await replica.send_click(payload)

    [(to, _, _)] = replica.whispers(CHANNEL)
    assert to == "U0BOB"
    host = "hooks.slack-gov.com" if "gov" in str(url) else "?"
    [refused] = [event for event in events(log) if event["event"] == "response_url_refused"]
    assert refused["host"] == host
    assert "secret-of-the-url" not in log.getvalue()
    assert replica.metrics.registry.get_sample_value("askbridge_response_urls_refused_total") == 1


async def test_in_a_direct_message_the_second_way_works_too(replica: Replica) -> None:
    question = await build.question(replica.db, replica.tenant, addresses=[{"user": "U0ANA"}])
    handle = await replica.show(question)
    await replica.click(question, handle)
    replica.fault("response_url", Kind.ERROR, error="used_url")

    await replica.click(question, handle, choice="deny")

    [(to, text, _)] = replica.whispers(handle.channel)
    assert to == "U0ANA" and "You already answered" in text


async def test_a_reply_that_neither_way_takes_is_logged_with_both_reasons(
    replica: Replica, question: Interaction, handle: Handle, log: io.StringIO
) -> None:
    replica.fault("response_url", Kind.ERROR, error="expired_url")
    replica.fault("chat.postEphemeral", Kind.ERROR, error="user_not_in_channel")

    await replica.click(question, handle, user="U0BOB")

    [failed] = [event for event in events(log) if event["event"] == "reply_failed"]
    assert (failed["code"], failed["then"], failed["verdict"]) == (404, "user_not_in_channel", "not_yours")


async def test_a_reply_that_is_dropped_costs_the_database_nothing(
    replica: Replica, question: Interaction, handle: Handle
) -> None:
    """A reply about a replaced question names the newer card, which has to be read."""
    await build.question(replica.db, replica.tenant, supersedes=question.id)
    counting = Counting(replica.db)
    replica.db = counting
    replica.__post_init__()
    replica.parts.replies.max_replies = 0
    first = await replica.receiver.receive(replica.payload(question))  # it records that clicks reach this replica
    assert first.then is not None
    await first.then()
    ack = await replica.receiver.receive(replica.payload(question))
    counting.statements.clear()

    assert ack.then is not None
    await ack.then()

    assert counting.statements == []
