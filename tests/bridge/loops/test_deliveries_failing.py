"""Receivers that are unavailable, refuse or never finish, and how little that affects other receivers."""

import asyncio
import io
import time
from collections.abc import AsyncIterator

import pytest

from bridge.webhooks import retry_schedule
from bridge.webhooks.guard import Guard
from storage import deliveries, webhook_endpoints
from storage.deliveries import IN_FLIGHT, MAX_FAILING_SECONDS
from storage.model import DeliveryStatus, WebhookEndpoint
from tests.bridge.loops import delivering
from tests.bridge.loops.delivering import Loop
from tests.bridge.webhooks import receivers
from tests.bridge.webhooks.receivers import Receiver
from tests.storage import build
from tests.waiting import until


@pytest.fixture
async def there() -> AsyncIterator[Receiver]:
    async with receivers.receiver() as running:
        yield running


async def fail_once(loop: Loop) -> float:
    """One attempt, which fails; the seconds until the next. That time passes."""
    assert await loop.step() == 1
    wait: float = (await loop.row())["wait"]
    await loop.pass_time(wait)
    return wait


async def test_m075_a_receiver_that_is_down_for_days_is_tried_ten_times_then_it_is_dead_and_can_be_replayed(
    loop: Loop, there: Receiver, log: io.StringIO
) -> None:
    endpoint = await loop.endpoint(there.url)
    await loop.answered()
    there.status, lines, elapsed = 503, ["attempt | after the one before | after the answer"], 0.0
    for attempt in range(1, retry_schedule.ATTEMPTS):
        before, elapsed = elapsed, elapsed + await fail_once(loop)
        assert (await loop.row())["status"] == "pending", attempt
        assert elapsed - before == pytest.approx(retry_schedule.PAUSES[attempt - 1], rel=0.01, abs=0.5)
        lines.append(f"{attempt + 1:7} | {elapsed - before:14.0f} s | {elapsed / 3600:8.2f} h")
    assert await loop.step() == 1
    print("\n".join(lines))  # noqa: T201  -- pytest -s shows it

    (dead,) = await loop.page(endpoint)
    assert (dead.status, dead.failures) == (DeliveryStatus.DEAD, retry_schedule.ATTEMPTS)
    assert dead.outcome == {"status": 503, "detail": "HTTP 503"}
    assert len({call.id for call in there.calls}) == 1 and len(there.calls) == retry_schedule.ATTEMPTS
    assert loop.counted("put_off") == retry_schedule.ATTEMPTS - 1 and loop.counted("given_up") == 1
    timestamps = {int(call.headers["webhook-timestamp"]) for call in there.calls}
    assert max(timestamps) - time.time() < 5
    assert log.getvalue().count("delivery_put_off") == retry_schedule.ATTEMPTS - 1
    assert log.getvalue().count("delivery_given_up") == 1
    await loop.pass_time(1e6)
    assert await loop.step() == 0
    there.status = 204
    assert await deliveries.replay(loop.db, endpoint.organization_id, endpoint.id, since=None) == 1
    await loop.settle()
    assert there.calls[-1].id == there.calls[0].id
    assert (await loop.page(endpoint))[0].status is DeliveryStatus.DELIVERED
    assert (await loop.again(endpoint)).failing_since is None
    assert loop.counted("accepted") == 1


@pytest.mark.parametrize("chance", [0.0, 1.0])
async def test_what_failed_together_does_not_come_back_together(loop: Loop, there: Receiver, chance: float) -> None:
    await loop.endpoint(there.url)
    await loop.answered()
    loop.chance, there.status = chance, 500

    assert await fail_once(loop) == pytest.approx(5 * (0.8 + 0.4 * chance), abs=0.5)


async def test_what_is_due_again_soon_is_looked_for_on_time(loop: Loop, there: Receiver) -> None:
    """The loop does not wait for its interval, which may be as long again as the whole pause."""
    loop.deliveries.pause = lambda *_, **__: 0.3
    await loop.endpoint(there.url)
    await loop.answered()
    there.status = 500
    assert await loop.step() == 1
    await asyncio.sleep(0)
    loop.notifier.deliveries.clear()  # set when the attempt ended

    async with asyncio.timeout(5.0):
        await loop.notifier.deliveries.wait()

    there.status = 200
    assert await loop.step() == 1
    assert len(there.calls) == 2


@pytest.mark.parametrize(("said", "seconds"), [("600", 600), ("31536000", 3600), ("1", 5)])
async def test_m080_retry_after_is_honoured_up_to_an_hour(
    loop: Loop, there: Receiver, said: str, seconds: float
) -> None:
    await loop.endpoint(there.url)
    await loop.answered()
    there.status, there.headers = 429, {"Retry-After": said}

    assert await fail_once(loop) == pytest.approx(seconds, abs=1)


async def test_m080_410_disables_the_endpoint_and_what_is_left_for_it_is_dead(
    loop: Loop, there: Receiver, log: io.StringIO
) -> None:
    endpoint, other = await loop.endpoint(f"{there.url}/gone"), await loop.endpoint(f"{there.url}/other")
    for _ in range(IN_FLIGHT + 2):
        await loop.answered()
    there.status = 410
    await loop.deliveries.step()
    await loop.deliveries.in_hand()
    called = len(there.at("/gone"))

    await loop.settle()

    assert called == IN_FLIGHT == len(there.at("/gone"))
    gone = await loop.again(endpoint)
    assert gone.disabled_at is not None and gone.disabled_reason == "gone"
    assert {row.status for row in await loop.page(endpoint)} == {DeliveryStatus.DEAD}
    details = [row.outcome["detail"] for row in await loop.page(endpoint) if row.outcome]
    assert details.count("the endpoint was disabled before delivery") == 2
    assert '"event": "webhook_endpoint_disabled"' in log.getvalue() and '"reason": "gone"' in log.getvalue()
    assert (await loop.again(other)).disabled_reason == "gone"


async def until_disabled(loop: Loop, endpoint: WebhookEndpoint, *, days: float) -> bool:
    """Let attempts fail for so many days; whether that disabled the endpoint."""
    for _ in range(int(days * 4)):
        await loop.answered()
        await loop.settle()
        await loop.pass_time(6 * 3600)
    await loop.answered()
    await loop.settle()
    return (await loop.again(endpoint)).disabled_at is not None


async def test_five_days_of_only_failures_disable_an_endpoint(loop: Loop, there: Receiver, log: io.StringIO) -> None:
    endpoint = await loop.endpoint(there.url)
    there.status = 500

    assert not await until_disabled(loop, endpoint, days=4.75)
    assert (await loop.again(endpoint)).failing_since is not None
    await loop.pass_time(6 * 3600 + 60)
    await loop.answered()
    await loop.settle()

    disabled = await loop.again(endpoint)
    assert disabled.disabled_reason == "failing" and '"reason": "failing"' in log.getvalue()
    assert MAX_FAILING_SECONDS == 5 * 86_400
    enabled = await webhook_endpoints.enable(loop.db, endpoint.organization_id, endpoint.id)
    assert isinstance(enabled, WebhookEndpoint) and enabled.failing_since is None


async def test_one_success_within_five_days_keeps_an_endpoint(loop: Loop, there: Receiver) -> None:
    endpoint = await loop.endpoint(there.url)
    there.status = 500
    assert not await until_disabled(loop, endpoint, days=3)
    there.status = 204
    await loop.answered()
    await loop.settle()
    there.status = 500

    assert not await until_disabled(loop, endpoint, days=3)


async def test_m078_a_redirect_to_this_machine_is_a_failure_and_not_followed(loop: Loop, there: Receiver) -> None:
    await loop.endpoint(f"{there.url}/hook")
    await loop.answered()
    there.status, there.headers = 307, {"Location": f"{there.url}/inside"}

    await loop.step()

    assert [call.path for call in there.calls] == ["/hook"]
    row = await loop.row()
    assert (row["status"], row["outcome"]["status"]) == ("pending", 307)


async def test_m079_an_address_that_was_allowed_once_is_judged_again_at_the_socket(loop: Loop, there: Receiver) -> None:
    await loop.endpoint(there.url)
    await loop.answered()
    async with delivering.loop(loop.db, loop.tenant, guard=Guard()) as strict:
        await strict.step()

    assert there.calls == []
    assert (await loop.row())["outcome"]["detail"] == "refused: 127.0.0.1 is not an address that webhooks may reach"


async def test_m077_a_receiver_that_hangs_is_cut_recorded_and_tried_again(loop: Loop, there: Receiver) -> None:
    await loop.endpoint(f"{there.url}/slow")
    await loop.answered()
    there.gate = asyncio.Event()
    async with delivering.loop(loop.db, loop.tenant, seconds=0.3) as hasty:
        await hasty.step()

    row = await loop.row()
    assert (row["status"], row["failures"], row["outcome"]["status"]) == ("pending", 1, None)
    assert row["outcome"]["detail"].startswith("no complete response within") and row["wait"] > 3


async def test_m081_a_slow_receiver_gets_two_at_once_from_all_replicas_and_delays_no_other(
    loop: Loop, there: Receiver
) -> None:
    await loop.endpoint(f"{there.url}/slow")
    for _ in range(60):
        await loop.answered()
    other = await build.tenant(loop.db)
    there.gate = asyncio.Event()
    async with (
        delivering.loop(loop.db, loop.tenant) as second,
        delivering.loop(loop.db, other) as owner,
    ):
        replicas = (loop, second)
        await asyncio.gather(*(one.deliveries.step() for one in replicas * 5))
        await there.until(IN_FLIGHT)
        endpoint = await owner.endpoint(f"{there.url}/quick")
        for number in range(1, 11):
            await owner.answered()
            await asyncio.gather(*(one.deliveries.step() for one in replicas))
            await there.until(number, at="/quick")
            await until(lambda: owner.page(endpoint), lambda page: page[0].status is DeliveryStatus.DELIVERED)
        assert (there.open, there.max_open) == (IN_FLIGHT, IN_FLIGHT)
        there.gate.set()
        for _ in range(60):
            await asyncio.gather(*(one.deliveries.step() for one in replicas))
            await asyncio.gather(*(one.deliveries.in_hand() for one in replicas))
            if len(there.at("/slow")) == 60:
                break

    assert len({call.id for call in there.at("/slow")}) == len(there.at("/slow")) == 60
    assert there.max_open == IN_FLIGHT


async def test_m081_callbacks_at_one_server_share_its_patience(loop: Loop, there: Receiver) -> None:
    there.gate = asyncio.Event()
    for run in range(5):
        await loop.answered(callback=f"{there.url}/slow?run={run}")

    await loop.deliveries.step()
    await loop.deliveries.step()

    await there.until(IN_FLIGHT)
    assert len(there.calls) == IN_FLIGHT
    there.gate.set()
    await loop.deliveries.in_hand()
    await loop.settle()
    assert len(there.calls) == 5


async def test_an_unexpected_error_puts_one_delivery_off_and_stops_nothing(
    loop: Loop, there: Receiver, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    await loop.endpoint(there.url)
    await loop.answered()
    with monkeypatch.context() as broken:
        broken.setattr("bridge.representation.interaction.interaction", lambda *_: 1 / 0)
        await loop.step()

    row = await loop.row()
    assert (row["status"], row["outcome"]["detail"]) == (
        "pending",
        "an internal error in the bridge (ZeroDivisionError)",
    )
    assert "delivery_failed" in log.getvalue()
    await loop.pass_time(10)
    await loop.settle()
    assert len(there.calls) == 1
