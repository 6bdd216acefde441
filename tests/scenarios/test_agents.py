"""What an agent may do with its questions, on two real replicas: withdraw, replace, find, and let silence answer."""

import asyncio
from typing import Any

import pytest

from tests.scenarios.program import Program
from tests.waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.asyncio(loop_scope="session")]


@pytest.fixture
def dev(shared: Program) -> Program:
    return shared


async def cancel(dev: Program, asked: dict[str, Any], *, replica: int) -> tuple[int, dict[str, Any]]:
    url = f"{dev.bridge(replica)}/v1/interactions/{asked['id']}/cancel"
    return await dev.call("POST", url, {"reason": "The release was called off."})


async def test_withdrawn_on_one_replica_while_another_waits_and_a_third_party_clicks(dev: Program) -> None:
    asked = await dev.ask(replica=0)
    waiting = asyncio.create_task(dev.get(asked["id"], replica=1, wait=30))

    status, cancelled = await cancel(dev, asked, replica=0)

    assert (status, cancelled["status"]) == (200, "cancelled")
    assert (await waiting)["reason"]["detail"] == "The release was called off."
    card = await dev.settled(asked)
    assert "*Cancelled without a decision*" in card["text"]
    assert (await dev.click(asked, "U0ANA", replica=1))["status"] == 200
    (reply,) = await until(lambda: dev.whispers("U0ANA", since=asked), bool)
    assert "This question was cancelled" in reply and "called off" in reply
    status, again = await cancel(dev, asked, replica=1)
    assert (status, again["status"], again["reason"]) == (200, "cancelled", cancelled["reason"])


async def test_a_click_and_a_cancellation_on_two_replicas_have_one_truth(dev: Program) -> None:
    for number in range(8):
        channel = ("C0APPROVALS", "C0GENERAL")[number % 2]  # each takes one card a second
        asked = await dev.posted(await dev.ask(replica=number % 2, to={"channel": channel}))
        (status, body), clicked = await asyncio.gather(
            cancel(dev, asked, replica=0), dev.click(asked, "U0ANA", replica=1)
        )
        after = await dev.get(asked["id"], replica=1)

        assert clicked["status"] == 200, clicked
        assert (status, after["status"]) in {(200, "cancelled"), (409, "answered")}
        assert (body if status == 200 else body["interaction"])["answer"] == after["answer"]
        verdicts = [line["verdict"] for line in await dev.timeline(asked["id"]) if line["verdict"]]
        assert verdicts == (["won"] if status == 409 else ["cancelled"])


async def test_a_replaced_card_leads_to_the_newer_one(dev: Program) -> None:
    older = await dev.ask(replica=0)
    waiting = asyncio.create_task(dev.get(older["id"], replica=0, wait=30))

    newer = await dev.ask(replica=1, title="Deploy 1.5 to production?", supersedes=older["id"])

    assert (newer["supersedes"], newer["status"]) == (older["id"], "pending")
    assert ((await waiting)["status"], (await waiting)["superseded_by"]) == ("superseded", newer["id"])
    assert "*Replaced*" in (await dev.settled(older))["text"]
    newer = await until(lambda: dev.get(newer["id"]), lambda one: one["cards"][0]["permalink"])
    await dev.click(older, "U0ANA", replica=0)
    (reply,) = await until(lambda: dev.whispers("U0ANA", since=older), bool)
    assert newer["cards"][0]["permalink"] in reply
    await dev.click(newer, "U0ANA", replica=0)

    body = {"kind": "approval", "title": "Deploy 1.6?", "to": {"user": "U0ANA"}, "supersedes": newer["id"]}
    status, conflict = await dev.call("POST", f"{dev.bridge(1)}/v1/interactions", body)
    assert (status, conflict["interaction"]["answer"]["approved"]) == (409, True)


async def test_pages_of_one_list_from_two_replicas(dev: Program) -> None:
    asked = [await dev.ask(replica=number % 2, tags=["release"], agent={"run": "run-7"}) for number in range(5)]
    await dev.ask(agent={"run": "run-8"})
    await dev.click(asked[2], "U0ANA", replica=0)

    seen: list[dict[str, Any]] = []
    query, replica = "run=run-7&tag=release&limit=2", 0
    cursor = ""
    while True:
        status, page = await dev.call("GET", f"{dev.bridge(replica)}/v1/interactions?{query}{cursor}")
        assert status == 200
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        cursor, replica = f"&cursor={page['next_cursor']}", 1 - replica
    assert [item["id"] for item in seen] == [one["id"] for one in reversed(asked)]
    _, page = await dev.call("GET", f"{dev.bridge(1)}/v1/interactions?run=run-7&status=answered&include=body")
    assert page["items"] == [await dev.get(asked[2]["id"])]


async def test_silence_answers_what_was_asked_for_on_every_replica(dev: Program) -> None:
    asked = await dev.ask(replica=0, expires_in=60, on_expiry={"decision": "deny"})
    assert "Without an answer by then, the default is recorded: “Deny”" in str(await dev.card(asked))
    waiting = asyncio.create_task(dev.get(asked["id"], replica=1, wait=60))

    await dev.pass_deadline(asked)

    answered = await waiting
    assert (answered["status"], answered["answer"]["decision"]) == ("answered", "deny")
    assert (answered["answer"]["via"], answered["answer"]["by"]) == ("default", None)
    await dev.click(asked, "U0ANA", replica=0)
    (reply,) = await until(lambda: dev.whispers("U0ANA", since=asked), bool)
    assert "The deadline passed without an answer, so “Deny” was recorded by default" in reply
    assert "*Denied* by default" in (await dev.settled(asked))["text"]
    for replica in (0, 1):
        after = await dev.get(asked["id"], replica=replica)
        assert after["answer"] == answered["answer"]
