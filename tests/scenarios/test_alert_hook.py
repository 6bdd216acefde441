"""docs/examples/alert_hook.py takes what Alertmanager sends, and opens, updates and resolves incidents, as a process.

`alertmanager-firing.json` and `-resolved.json` beside it have every field that Alertmanager 0.34 sends: those of its
documentation (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config), and `routeLabels`.
"""

import asyncio
import contextlib
import copy
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from tests.scenarios import examples
from tests.scenarios.examples import FOLDER
from tests.scenarios.program import Program

pytestmark = [pytest.mark.processes, pytest.mark.asyncio(loop_scope="session")]

FIRING, RESOLVED = (json.loads((FOLDER / f"alertmanager-{name}.json").read_text()) for name in ("firing", "resolved"))


@dataclass
class Hook:
    """The running example."""

    url: str
    output: asyncio.StreamReader
    http: aiohttp.ClientSession

    async def send(self, body: Any, **headers: str) -> int:
        """Send what Alertmanager sends; the status."""
        async with self.http.post(self.url, data=json.dumps(body).encode(), headers=headers) as response:
            assert await response.text()
            return response.status


@contextlib.asynccontextmanager
async def alert_hook(dev: Program, **settings: str) -> AsyncIterator[Hook]:
    """The example, which takes notifications."""
    options = ("--listen", "127.0.0.1:0", "--to", "C0APPROVALS")
    async with examples.running(dev, "alert_hook.py", *options, **settings) as output:
        listening = await examples.said(output, "listening on")
        yield Hook(listening.split()[-1], output, dev.http)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hook(shared: Program) -> AsyncIterator[Hook]:
    async with alert_hook(shared) as running:
        yield running


@dataclass
class Gate:
    """Stands between the hook and the bridge; `on_request` may answer a request in place of the bridge."""

    dev: Program
    on_request: Callable[[web.Request], Awaitable[web.Response | None]]
    url: str = ""
    requests: list[str] = field(default_factory=list)

    async def forward(self, request: web.Request) -> web.StreamResponse:
        """What the bridge responds, unless `on_request` does."""
        self.requests.append(f"{request.method} {request.path}")
        if (instead := await self.on_request(request)) is not None:
            return instead
        return await self.bridge(request)

    async def bridge(self, request: web.Request) -> web.Response:
        """What the bridge responds."""
        headers = {name: value for name, value in request.headers.items() if name not in ("Host", "Content-Length")}
        url = self.dev.bridge(0) + request.path_qs
        async with self.dev.http.request(
            request.method, url, data=await request.read() or None, headers=headers
        ) as response:
            body = await response.read()
            return web.Response(status=response.status, body=body, content_type=response.content_type)


@contextlib.asynccontextmanager
async def gate(
    dev: Program, on_request: Callable[[web.Request], Awaitable[web.Response | None]]
) -> AsyncIterator[Gate]:
    standing = Gate(dev, on_request)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", standing.forward)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        standing.url = "http://{}:{}".format(*runner.addresses[0][:2])
        yield standing
    finally:
        await runner.cleanup()


def alert(
    name: str, *, began: str = "2026-11-21T14:05:12.113Z", is_firing: bool = True, **other: Any
) -> dict[str, Any]:
    """An alert of this instance, which is its fingerprint as well."""
    sent: dict[str, Any] = copy.deepcopy(FIRING["alerts"][0])
    sent["labels"]["instance"] = name
    state = {"status": "firing" if is_firing else "resolved", "startsAt": began, "fingerprint": name}
    return {**sent, **state, **other}


def group(service: str, *alerts: dict[str, Any], alertname: str = "HighErrorRate") -> dict[str, Any]:
    """A notification about the group of these alerts."""
    labels = {"alertname": alertname, "service": service}
    is_firing = any(each["status"] == "firing" for each in alerts)
    return {
        **FIRING,
        "groupKey": f'{{}}:{{alertname="{alertname}", service="{service}"}}',
        "groupLabels": labels,
        "commonLabels": {**FIRING["commonLabels"], **labels},
        "status": "firing" if is_firing else "resolved",
        "alerts": list(alerts),
    }


async def incidents(dev: Program, service: str) -> list[dict[str, Any]]:
    """The incidents of a service, the oldest first."""
    _, page = await dev.call("GET", f"{dev.bridge(0)}/v1/incidents?system={service}")
    return list(reversed(page["items"]))


async def words(dev: Program, service: str) -> list[str]:
    """What was said in the only incident of a service, the oldest first, without the run."""
    (incident,) = await incidents(dev, service)
    return [update["message"].replace(f" ({incident['agent']['run']})", "") for update in reversed(incident["updates"])]


async def resolve(dev: Program, id: str) -> None:
    status, told = await dev.call("POST", f"{dev.bridge(0)}/v1/incidents/{id}/resolve", {})
    assert status == 200, told


async def test_the_published_notifications_open_an_incident_and_resolve_it(shared: Program, hook: Hook) -> None:
    for notification in (FIRING, FIRING, RESOLVED, RESOLVED):
        assert await hook.send(notification) == 200

    (incident,) = await incidents(shared, "checkout")
    assert (incident["title"], incident["severity"], incident["status"]) == (
        "HighErrorRate: checkout",
        "critical",
        "resolved",
    )
    assert incident["description"].splitlines() == [*FIRING["commonAnnotations"].values()]
    assert (incident["agent"]["name"], incident["agent"]["url"]) == (
        "Alertmanager",
        "https://alertmanager.example.com/",
    )
    assert await words(shared, "checkout") == [
        """Firing: 2 of 2 alerts
• HighErrorRate, instance=shop-1.example.com:9100: 31 % of checkouts fail on shop-1
• HighErrorRate, instance=shop-2.example.com:9100: 12 % of checkouts fail on shop-2""",
        """Resolved: 2 alerts
• HighErrorRate, instance=shop-1.example.com:9100
• HighErrorRate, instance=shop-2.example.com:9100""",
        "Status changed from investigating to resolved.",
    ]


async def test_what_changes_in_a_group_is_said_once_however_often_it_is_sent(shared: Program, hook: Hook) -> None:
    a, b, b_ended = alert("a"), alert("b"), alert("b", is_firing=False)
    reworded = alert("a", annotations={"summary": "now 35 %"})
    for alerts in ([a], [a], [a, b], [b, a], [a, b_ended], [a], [reworded]):
        assert await hook.send(group("search", *alerts)) == 200

    first, *others = [each.splitlines() for each in await words(shared, "search")]
    assert first == ["Firing: 1 of 1 alert", "• HighErrorRate, instance=a: 31 % of checkouts fail on shop-1"]
    assert [each[0] for each in others] == ["Firing: 2 of 2 alerts", "Firing: 1 of 2 alerts"]
    assert others[1][2] == "• resolved: HighErrorRate, instance=b"


async def test_groups_of_one_system_share_an_incident_that_the_last_one_resolves(shared: Program, hook: Hook) -> None:
    statuses = []
    for name, state in map(
        str.split, ["A fires", "B fires", "A ends", "A fires", "B ends", "B fires", "A ends", "B ends"]
    ):
        notification = group("mail", alert("a", is_firing=state == "fires"), alertname=name)
        assert await hook.send(notification) == 200
        statuses += [each["status"] for each in await incidents(shared, "mail")]

    assert statuses == ["investigating"] * 7 + ["resolved"]


async def test_an_incident_that_others_opened_gets_updates_and_is_left_to_them(shared: Program, hook: Hook) -> None:
    sent = {"title": "Drill", "severity": "minor", "systems": ["stock", "orders"], "agent": {"name": "Drill agent"}}
    await shared.call("POST", f"{shared.bridge(0)}/v1/incidents", sent)
    for is_firing in (True, False):
        assert await hook.send(group("orders", alert("a", is_firing=is_firing))) == 200

    (incident,) = await incidents(shared, "orders")
    assert (incident["title"], incident["status"], incident["update_count"]) == ("Drill", "investigating", 2)


async def test_what_people_have_resolved_stays_so_until_another_alert_fires(shared: Program, hook: Hook) -> None:
    await hook.send(group("carts", alert("a")))
    await resolve(shared, (await incidents(shared, "carts"))[0]["id"])
    for alerts in ([alert("a")], [alert("a", annotations={"summary": "reworded"})]):
        assert await hook.send(group("carts", *alerts)) == 200
    assert [each["status"] for each in await incidents(shared, "carts")] == ["resolved"]

    assert await hook.send(group("carts", alert("a"), alert("b"))) == 200

    assert [each["status"] for each in await incidents(shared, "carts")] == ["resolved", "investigating"]


async def test_alerts_that_had_ended_open_another_incident_even_with_the_time_of_before(
    shared: Program, hook: Hook
) -> None:
    """As after Prometheus was cut off for a while: its alerts end by time, and then come again as they were."""
    for is_firing in (True, False, True, True):
        assert await hook.send(group("prices", alert("a", is_firing=is_firing))) == 200

    first, second = await incidents(shared, "prices")
    assert (first["status"], second["status"], second["update_count"]) == ("resolved", "investigating", 1)


@pytest.mark.parametrize("is_done", [False, True], ids=["request-lost", "response-lost"])
async def test_a_bridge_that_goes_away_at_any_request_gets_each_notification_once(
    shared: Program, *, is_done: bool
) -> None:
    left = 0  # requests until one is cut off

    async def on_request(request: web.Request) -> web.Response | None:
        nonlocal left
        left -= 1
        if left != 0:
            return None
        if is_done:
            await standing.bridge(request)
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with gate(shared, on_request) as standing, alert_hook(shared, ASKBRIDGE_URL=standing.url) as hook:
        for number in range(1, 5):
            for is_firing in (True, False):
                notification, left = group(f"cut-{is_done}-{number}", alert("a", is_firing=is_firing)), number
                expected = 503 if number < (4 if is_firing else 5) else 200  # so many requests it takes
                assert await hook.send(notification) == expected
                left = 0
                assert await hook.send(notification) == 200

            assert [each.split()[0] for each in await words(shared, f"cut-{is_done}-{number}")] == [
                "Firing:",
                "Resolved:",
                "Status",
            ]


async def test_an_alert_that_joins_an_incident_while_it_is_resolved_opens_another(shared: Program) -> None:
    async def on_request(request: web.Request) -> None:
        found = await incidents(shared, "taxes")
        if request.method == "POST" and request.path.endswith("/updates") and found[-1]["update_count"] == 1:
            await resolve(shared, found[-1]["id"])

    async with gate(shared, on_request) as standing, alert_hook(shared, ASKBRIDGE_URL=standing.url) as hook:
        await hook.send(group("taxes", alert("a")))
        await hook.send(group("taxes", alert("a"), alert("b")))

    first, second = await incidents(shared, "taxes")
    assert (first["status"], second["status"]) == ("resolved", "investigating")
    assert second["updates"][0]["message"].count("•") == 2


async def test_an_alert_that_fires_while_the_last_group_of_a_system_ends_is_not_lost(shared: Program) -> None:
    joining: asyncio.Task[int] | None = None

    async def on_request(request: web.Request) -> None:
        nonlocal joining
        if request.path.endswith("/resolve"):
            joining = asyncio.create_task(running.send(group("billing", alert("b"), alertname="Slow")))
            await asyncio.wait([joining], timeout=0.3)  # it has to wait until this group has ended

    async with gate(shared, on_request) as standing, alert_hook(shared, ASKBRIDGE_URL=standing.url) as running:
        for is_firing in (True, False):
            await running.send(group("billing", alert("a", is_firing=is_firing)))
        assert joining is not None and await joining == 200

    assert [each["status"] for each in await incidents(shared, "billing")] == ["resolved", "investigating"]


async def test_alertmanager_is_told_to_repeat_soon_what_may_be_done_later(shared: Program) -> None:
    detail = json.dumps({"detail": "Something is wrong."})
    responses = [(503, detail), (429, detail), (401, detail), (502, "<html>"), (200, "<html>"), (422, detail)]
    answers = iter(responses)

    async def on_request(_: web.Request) -> web.Response:
        status, text = next(answers)
        return web.Response(text=text, status=status)

    async with gate(shared, on_request) as standing, alert_hook(shared, ASKBRIDGE_URL=standing.url) as hook:
        assert [await hook.send(FIRING) for _ in responses] == [503, 503, 503, 503, 503, 422]
        assert await examples.said(hook.output, "422") == "422: the bridge responded 422: Something is wrong."


async def test_what_alertmanager_does_not_send_is_refused(shared: Program, hook: Hook) -> None:
    wrong: list[Any] = [None, [], {}, {**FIRING, "version": "1"}, {**FIRING, "alerts": [1]}, {**FIRING, "alerts": None}]
    for body in wrong:
        assert await hook.send(body) == 400
    async with shared.http.post(hook.url, data=b"{") as unreadable, shared.http.post(hook.url, data=empty()) as endless:
        assert (unreadable.status, endless.status) == (400, 413)


async def empty() -> AsyncIterator[bytes]:
    """A body that does not say how long it is."""
    yield b"{}"


async def test_a_group_with_very_many_alerts_is_cut(shared: Program, hook: Hook) -> None:
    long = {"summary": "\u0000\n\ud800 " + "much " * 200}
    notification = {**group("index", *(alert(f"n{n}", annotations=long) for n in range(200))), "truncatedAlerts": 7}
    notification["commonAnnotations"] = {"summary": "x" * 500, "description": "many\n" * 900}

    assert await hook.send(notification) == 200

    (said_first,) = await words(shared, "index")
    assert 1_500 < len(said_first) < 2_000
    assert said_first.splitlines()[0] == "Firing: 200 of 200 alerts"
    assert said_first.splitlines()[-1] == f"and {207 - (len(said_first.splitlines()) - 2)} more"


async def test_without_its_token_a_notification_is_refused(shared: Program) -> None:
    async with alert_hook(shared, ALERT_HOOK_TOKEN="sesame") as hook:
        assert await hook.send(group("vault", alert("a"))) == 401
        assert await hook.send(group("vault", alert("a")), Authorization="Bearer wrong") == 401
        assert await incidents(shared, "vault") == []
        assert await hook.send(group("vault", alert("a")), Authorization="Bearer sesame") == 200

    assert len(await incidents(shared, "vault")) == 1


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--help"], 0, "url: http://127.0.0.1:9095/"),
        ([], 1, "Set ASKBRIDGE_URL; see --help."),
        (["--listen", "9095"], 2, "argument --listen: invalid listener value: '9095'"),
    ],
)
async def test_its_help_has_examples_and_it_says_what_is_missing(arguments: list[str], status: int, words: str) -> None:
    ended, out = await examples.ended("alert_hook.py", *arguments)

    assert (ended, words in out) == (status, True), out
