"""What `askbridge dev` sets up in its demo organization."""

import pytest

from tests.scenarios import rounds
from tests.scenarios.program import Program

pytestmark = [pytest.mark.processes, pytest.mark.asyncio(loop_scope="session")]

REPORT = {
    "source": {"type": "build", "id": "without an address"},
    "kind": "timeout",
    "cause": "No response.",
    "fingerprint": "timeout",
    "next_action": "Restart the runner.",
}


async def test_a_recovery_without_an_address_has_a_card_in_the_channel_for_approvals(shared: Program) -> None:
    _, made = await shared.call("POST", f"{shared.bridge(0)}/v1/recoveries", REPORT)
    of = await rounds.shown(shared, "recoveries", made["id"])

    assert made["to"] == [{"channel": "C0APPROVALS"}]
    assert "without an address" in await of.text()
    await shared.call("POST", f"{shared.bridge(0)}/v1/recoveries/{made['id']}/resolve", {"outcome": "cancelled"})
