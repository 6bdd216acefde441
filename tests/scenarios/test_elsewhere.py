"""The whole program beside a workspace it is not connected to: the same app and secret, a copy of the same card."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.sandbox.slack import elsewhere
from tests.sandbox.slack.conftest import Control
from tests.scenarios import program
from tests.scenarios.program import Program
from tests.waiting import until

pytestmark = pytest.mark.processes


@pytest.fixture
async def dev(tmp_path: Path) -> AsyncIterator[Program]:
    async with program.running(tmp_path, replicas=1) as running:
        yield running


async def test_a_copy_of_a_card_in_another_workspace_answers_nothing(dev: Program) -> None:
    asked = await dev.ask()
    await until(lambda: dev.get(asked["id"]), lambda one: one["cards"][0]["status"] == "posted")
    asked = await dev.get(asked["id"])
    card = await dev.card(asked)
    slack = Control(dev.facts["slack_url"], dev.http)
    acme = await elsewhere.acme(slack, dev.http)
    copy = await acme.client.chat_postMessage(channel="C0DEPLOYS", text=card["text"], blocks=card["blocks"])

    clicked = await slack.post("clicks", user="U0EVE", channel="C0DEPLOYS", ts=copy["ts"], action_id=program.APPROVE)

    assert (clicked["status"], clicked["payload"]["team"]["id"]) == (200, "T0ACME")
    texts = await until(lambda: slack.texts("C0DEPLOYS", as_="U0EVE"), lambda texts: len(texts) == 2)
    assert "no longer active" in texts[1]
    assert (await dev.get(asked["id"]))["status"] == "pending"
    assert [line["verdict"] for line in await dev.timeline(asked["id"]) if line["verdict"]] == []

    await dev.click(asked, "U0ANA", replica=0)

    assert (await dev.get(asked["id"]))["answer"]["by"]["team"] == "T0SANDBOX"
