"""The whole program beside a workspace it is not connected to: the same app and secret, a copy of the same card."""

import pytest

from tests.sandbox.slack import elsewhere
from tests.sandbox.slack.conftest import Control
from tests.scenarios import program
from tests.scenarios.program import Program
from tests.waiting import until

pytestmark = pytest.mark.processes


@pytest.mark.asyncio(loop_scope="session")
async def test_a_copy_of_a_card_in_another_workspace_answers_nothing(mortal: Program) -> None:
    asked = await mortal.ask()
    await until(lambda: mortal.get(asked["id"]), lambda one: one["cards"][0]["status"] == "posted")
    asked = await mortal.get(asked["id"])
    card = await mortal.card(asked)
    slack = Control(mortal.facts["slack_url"], mortal.http)
    acme = await elsewhere.acme(slack, mortal.http)
    copy = await acme.client.chat_postMessage(channel="C0DEPLOYS", text=card["text"], blocks=card["blocks"])

    clicked = await slack.post("clicks", user="U0EVE", channel="C0DEPLOYS", ts=copy["ts"], action_id=program.APPROVE)

    assert (clicked["status"], clicked["payload"]["team"]["id"]) == (200, "T0ACME")
    texts = await until(lambda: slack.texts("C0DEPLOYS", as_="U0EVE"), lambda texts: len(texts) == 2)
    assert "no longer active" in texts[1]
    assert (await mortal.get(asked["id"]))["status"] == "pending"
    assert [line["verdict"] for line in await mortal.timeline(asked["id"]) if line["verdict"]] == []

    await mortal.click(asked, "U0ANA", replica=0)

    assert (await mortal.get(asked["id"]))["answer"]["by"]["team"] == "T0SANDBOX"
