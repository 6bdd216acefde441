"""Webhooks of the whole program: two real replicas, a real receiver, and a kill at the worst moment."""

from pathlib import Path

import pytest

from tests.bridge.webhooks import receivers
from tests.scenarios import house

pytestmark = pytest.mark.processes


async def test_a_replica_killed_right_after_its_200_owes_nobody_a_webhook(tmp_path: Path) -> None:
    async with house.running(tmp_path) as dev, receivers.receiver() as there:
        status, endpoint = await dev.call(
            "POST", f"{dev.bridge(0)}/v1/webhook_endpoints", {"url": f"{there.url}/endpoint"}
        )
        assert status == 201, endpoint
        asked = await dev.ask(replica=0, callback=f"{there.url}/callback")

        clicked = await dev.click(asked, "U0ANA", replica=1)
        dev.kill(1)

        assert clicked["status"] == 200
        async with dev.http.get(f"{dev.bridge(0)}/v1/webhook_endpoints", headers=key(dev)) as told:
            callback_secret = (await told.json())["callback_secret"]
        await house.until(lambda: received(there), lambda paths: {"/endpoint", "/callback"} <= paths, within=60)
        for path, secret in (("/endpoint", endpoint["secret"]), ("/callback", callback_secret)):
            calls = there.at(path)
            event = calls[0].verified(secret)
            assert event["type"] == "interaction.answered" and event["data"]["id"] == asked["id"]
            assert event["data"]["answer"]["by"]["user"] == "U0ANA"
            assert {call.id for call in calls} == {event["id"]}, "if it came twice, it says so"
        assert "*Approved*" in (await dev.settled(asked))["text"]


def key(dev: house.House) -> dict[str, str]:
    return {"Authorization": f"Bearer {dev.told['api_key']}"}


async def received(there: receivers.Receiver) -> set[str]:
    return {call.path for call in there.calls}
