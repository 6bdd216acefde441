"""Webhook endpoints in the API: create, list, change, test, replay; each organization has only its own."""

import asyncio
from typing import Any

import pytest
from standardwebhooks import Webhook

from bridge import ids
from bridge.agents.openapi import document
from bridge.representation import webhook_schemas
from bridge.webhooks import outgoing, signature
from bridge.webhooks.guard import Guard
from storage import deliveries, events, interactions, webhook_endpoints
from storage.model import Json
from storage.pool import Database
from tests.bridge.agents import door as doors
from tests.bridge.agents.door import KEYS, Door, Reply, body
from tests.bridge.webhooks import receivers
from tests.storage import build

AT = "/v1/webhook_endpoints"
URL = "https://hooks.example.com/askbridge"
UNKNOWN = "whe_01h2xcejqtf2nbrexx3vqjhp41"


async def create(door: Door, url: Any = URL, **other: Any) -> Reply:
    reply = await door.call("POST", AT, json={"url": url, **other})
    if reply.status < 400:
        webhook_schemas.EndpointSecret.model_validate_json(reply.raw, extra="forbid")
    return reply


async def act(door: Door, reply: Reply | str, what: str, **other: Any) -> Reply:
    id = reply if isinstance(reply, str) else reply.json["id"]
    method = "GET" if what.startswith("deliveries") else "POST"
    return await door.call(method, f"{AT}/{id}/{what}", **other)


async def listed(door: Door) -> Json:
    reply = await door.call("GET", AT)
    webhook_schemas.EndpointPage.model_validate_json(reply.raw, extra="forbid")
    return reply.json


async def test_a_secret_is_told_when_it_is_made_and_is_stored_nowhere(door: Door) -> None:
    made = await create(door, types=["interaction.answered"])

    assert made.status == 201
    assert (made.json["url"], made.json["types"], made.json["status"]) == (URL, ["interaction.answered"], "active")
    (item,) = (await listed(door))["items"]
    assert item == {name: value for name, value in made.json.items() if name != "secret"}
    assert (await create(door)).json["secret"] != made.json["secret"]
    dump = await door.db.fetch("select row_to_json(webhook_endpoints)::text as row from webhook_endpoints")
    assert not any(made.json["secret"].removeprefix("whsec_") in row["row"] for row in dump)


async def test_the_secret_of_callbacks_is_the_organizations_own(door: Door) -> None:
    organization_id = door.tenant.scope.organization_id
    secret = signature.written(outgoing.of_callbacks(KEYS, organization_id)[0])
    foreign = await build.tenant(door.db)

    assert (await listed(door))["callback_secret"] == secret
    assert (await door.call("GET", AT, key=foreign.secret)).json["callback_secret"] != secret


WRONG: list[tuple[Any, str]] = [
    ("http://hooks.example.com/", "must start with https://"),
    ("ftp://hooks.example.com/", "must start with https://"),
    ("hooks.example.com", "must start with https://"),
    ("https://", "has no host"),
    ("https://me:secret@hooks.example.com/", "must not contain a user"),
    ("https://hooks.example.com/#here", "must not have a fragment"),
    ("https://hooks.example.com/a b", "must not contain spaces"),
    ("https://hooks.example.com:99999/", "is not a valid URL"),
    ("https://[::1/", "is not a valid URL"),
    ("https://hooks.example.com/" + "x" * 10_000, "must have at most 2000 characters"),
    ("https://localhost/", "not on the public internet"),
    ("https://127.0.0.1/", "not on the public internet"),
    ("https://2130706433/", "not on the public internet"),
    ("https://0x7f.1/", "not on the public internet"),
    ("https://①②⑦.⓪.⓪.①/", "not on the public internet"),
    ("https://[::ffff:127.0.0.1]/", "not on the public internet"),
    ("https://[::127.0.0.1]/", "not on the public internet"),
    ("https://[64:ff9b::7f00:1]/", "not on the public internet"),
    ("https://[2002:7f00:1::]/", "not on the public internet"),
    ("https://169.254.169.254/latest/meta-data", "not on the public internet"),
    ("https://168.63.129.16/machine?comp=goalstate", "not on the public internet"),
    ("https://224.0.0.1/", "not on the public internet"),
    ("https://10.1.2.3/", "not on the public internet"),
    ("https://[2606:4700::1%lo]/", "must have a host without %"),
    ("https://[2606:4700::1%25lo]/", "must have a host without %"),
    (7, "must be a string"),
]


@pytest.mark.parametrize(
    ("url", "why"), WRONG, ids=[str(url)[:40].encode("ascii", "replace").decode() for url, _ in WRONG]
)
async def test_m079_an_address_that_cannot_be_called_is_refused_when_it_is_given(
    door: Door, url: Any, why: str
) -> None:
    as_endpoint, as_callback = await create(door, url), await door.ask(body(callback=url))

    for reply, pointer in ((as_endpoint, "/url"), (as_callback, "/callback")):
        assert (reply.status, reply.slug, reply.pointers) == (422, "invalid_body", [pointer])
        assert why in reply.json["detail"]
    assert (await listed(door))["items"] == [] and await door.rows() == 0


async def test_link_local_addresses_stay_out_of_reach_whatever_is_allowed(door: Door) -> None:
    async with doors.door(door.db, door.tenant, guard=Guard.read("0.0.0.0/0,::/0")) as open_door:
        assert (await create(open_door, "http://10.1.2.3/")).status == 201
        for url in ("http://169.254.169.254/", "https://[fe80::1]/", "https://[fd00:ec2::254]/"):
            assert (await create(open_door, url)).status == 422


@pytest.mark.parametrize("types", [[], ["interaction.answerd"], ["interaction.answered"] * 2, "interaction.answered"])
async def test_types_that_there_are_not_are_refused(door: Door, types: Any) -> None:
    reply = await create(door, types=types)

    assert reply.status == 422 and reply.pointers[0].startswith("/types")
    assert "is not valid here" not in reply.json["detail"], "it says what is"


async def test_without_a_key_everything_that_would_send_is_refused_in_words(door: Door) -> None:
    made = await create(door)
    async with doors.door(door.db, door.tenant, keys=None) as off:
        replies = [await create(off), await off.ask(body(callback=URL))]
        replies += [await act(off, made, what) for what in ("rotate_secret", "test", "replay")]

        assert {(reply.status, reply.slug) for reply in replies} == {(409, "webhooks_off")}
        assert all("ASKBRIDGE_WEBHOOK_KEY" in reply.json["detail"] for reply in replies)
        assert await off.rows() == 0 and (await listed(off))["callback_secret"] is None
        assert (await off.ask(body())).status == 201
        assert (await act(off, made, "disable")).status == 200


async def test_a_callback_asked_again_under_its_key_is_the_same_question_though_the_webhook_key_is_gone(
    door: Door,
) -> None:
    asked = await door.ask(body(callback=URL), idempotency="k")
    async with doors.door(door.db, door.tenant, keys=None) as off:
        again = await off.ask(body(callback=URL), idempotency="k")

    assert (again.status, again.json["id"]) == (200, asked.json["id"])


async def test_there_are_only_so_many_endpoints_at_once(door: Door) -> None:
    made = [await create(door) for _ in range(webhook_endpoints.MAX_ACTIVE)]

    refused = await create(door)
    await act(door, made[0], "disable")

    assert (refused.status, refused.slug) == (409, "endpoint_conflict") and "20 endpoints" in refused.json["detail"]
    assert (await create(door)).status == 201
    beyond = await act(door, made[0], "enable")
    assert (beyond.status, beyond.slug) == (409, "endpoint_conflict") and "20 endpoints" in beyond.json["detail"]
    assert (await act(door, made[1], "enable")).status == 200, "it is one of them"
    await act(door, made[1], "disable")
    assert (await act(door, made[0], "enable")).json["status"] == "active"


async def test_active_ones_come_first_however_many_were_disabled_since(door: Door) -> None:
    """And the rest on further pages, each once; what is enabled meanwhile is on the first page."""
    oldest, *disabled = [await create(door) for _ in range(11)]
    for one in disabled:
        await act(door, one, "disable")
    organization_id, id = door.tenant.scope.organization_id, ids.decode("whe", oldest.json["id"])
    await door.db.fetch(
        "insert into webhook_endpoints (organization_id, id, url, disabled_at, disabled_reason) "
        "select $1, ('ffffffff-ffff-4fff-8fff-' || lpad(n::text, 12, '0'))::uuid, url, now(), 'failing' "
        "from webhook_endpoints, generate_series(1, $3::int) as n where id = $2",
        organization_id,
        id,
        2 * webhook_endpoints.MAX_LISTED,
    )

    pages = [await listed(door)]
    while (cursor := pages[-1]["next_cursor"]) is not None:
        reply = await door.call("GET", AT, params={"cursor": cursor})
        webhook_schemas.EndpointPage.model_validate_json(reply.raw, extra="forbid")
        pages.append(reply.json)

    items = [item["id"] for page in pages for item in page["items"]]
    assert [len(page["items"]) for page in pages] == [200, 200, 11]
    assert items[0] == oldest.json["id"] and len(set(items)) == 411
    assert items[1:] == sorted(items[1:], reverse=True)
    await act(door, disabled[0], "enable")
    assert [item["id"] for item in (await listed(door))["items"]][:2] == [disabled[0].json["id"], oldest.json["id"]]
    wrong = await door.call("GET", AT, params={"cursor": "whe_1"})
    assert (wrong.status, wrong.slug) == (400, "invalid_parameter")


async def test_those_that_are_made_and_enabled_at_the_same_moment_are_counted_too(door: Door) -> None:
    disabled = [await create(door) for _ in range(5)]
    for one in disabled:
        await act(door, one, "disable")
    for _ in range(webhook_endpoints.MAX_ACTIVE - 5):
        await create(door)

    replies = await asyncio.gather(*(act(door, one, "enable") for one in disabled), *(create(door) for _ in range(10)))

    assert [reply.status < 300 for reply in replies].count(True) == 5
    items = (await listed(door))["items"]
    assert [item["status"] for item in items].count("active") == webhook_endpoints.MAX_ACTIVE


async def test_what_another_organization_has_is_as_unknown_as_what_is_not_there(door: Door) -> None:
    made = await create(door)
    foreign = await build.tenant(door.db)
    for what in ("disable", "enable", "rotate_secret", "test", "replay", "deliveries"):
        replies = [await act(door, made, what, key=foreign.secret)]
        replies += [await act(door, id, what) for id in (UNKNOWN, "whe_x", "int_01h2xcejqtf2nbrexx3vqjhp41")]

        assert {(reply.status, reply.slug) for reply in replies} == {(404, "not_found")}, what
    for method in ("GET", "PATCH", "DELETE"):
        sent: Json = {"json": {}} if method == "PATCH" else {}
        replies = [await door.call(method, f"{AT}/{made.json['id']}", key=foreign.secret, **sent)]
        replies += [await door.call(method, f"{AT}/{id}", **sent) for id in (UNKNOWN, "whe_x", "callbacks")]

        assert {(reply.status, reply.slug) for reply in replies} == {(404, "not_found")}, method
    assert (await door.call("GET", AT, key=foreign.secret)).json["items"] == []
    (item,) = (await listed(door))["items"]
    assert (item["status"], item["rotated_at"]) == ("active", None)


async def test_a_disabled_endpoint_gets_nothing_new_until_it_is_enabled(door: Door) -> None:
    made = await create(door)
    disabled = (await act(door, made, "disable")).json
    await door.cancel((await door.ask()).json["id"])

    assert (disabled["status"], disabled["disabled_reason"]) == ("disabled", "asked")
    assert (await act(door, made, "deliveries")).json["items"] == []
    assert (await act(door, made, "replay")).slug == "endpoint_conflict"
    assert (await act(door, made, "enable")).json["status"] == "active"
    await door.cancel((await door.ask()).json["id"])
    assert len((await act(door, made, "deliveries")).json["items"]) == 1


async def test_a_rotated_secret_is_another_one(door: Door) -> None:
    made = await create(door)
    rotated = await act(door, made, "rotate_secret")

    webhook_schemas.EndpointSecret.model_validate_json(rotated.raw, extra="forbid")
    assert rotated.json["secret"] != made.json["secret"] and rotated.json["rotated_at"]


async def test_a_test_is_sent_at_once_and_verifies(door: Door) -> None:
    async with (
        receivers.receiver() as there,
        doors.door(door.db, door.tenant, guard=Guard.read("127.0.0.0/8")) as near,
    ):
        made = await create(near, f"{there.url}/hook")
        accepted = await act(near, made, "test")
        there.status = 500
        refused = await act(near, made, "test")

    webhook_schemas.Attempt.model_validate_json(accepted.raw, extra="forbid")
    assert (accepted.json["delivered"], accepted.json["status"]) == (True, 204)
    assert (refused.json["delivered"], refused.json["detail"]) == (False, "HTTP 500")
    event = Webhook(made.json["secret"]).verify(there.calls[0].body, dict(there.calls[0].headers))
    assert event["type"] == "webhook.test" and event["id"] == accepted.json["id"] == there.calls[0].id
    assert event["data"] == {"endpoint": made.json["id"]}


async def test_slow_tests_are_bounded_and_the_next_one_hears_when_to_come_back(door: Door) -> None:
    async with (
        receivers.receiver() as there,
        doors.door(door.db, door.tenant, guard=Guard.read("127.0.0.0/8")) as near,
    ):
        there.gate = asyncio.Event()
        slow = [await create(near, f"{there.url}/slow") for _ in range(3)]
        testing = [asyncio.create_task(act(near, made, "test")) for made in slow[:2]]
        await there.until(2)

        refused = [await act(near, made, "test") for made in slow]

        assert [(reply.status, reply.slug) for reply in refused] == [(429, "rate_limited")] * 3
        assert {reply.headers["Retry-After"] for reply in refused} == {"15"}
        assert refused[0].json["detail"].startswith("This endpoint is already being tested.")
        assert refused[2].json["detail"].startswith("Your organization is testing 2 endpoints")
        assert len(there.calls) == 2
        there.gate.set()
        assert all([(await task).json["delivered"] for task in testing])
        assert all([(await act(near, made, "test")).json["delivered"] for made in slow])


async def test_a_name_that_leads_into_a_private_network_is_refused_at_the_socket(door: Door) -> None:
    tried = await act(door, await create(door), "test")

    assert tried.status == 200 and tried.json["detail"].startswith("refused: 10.0.0.7 is not an address")


async def test_deliveries_come_newest_first_in_pages(door: Door) -> None:
    made = await create(door)
    asked = [(await door.ask()).json["id"] for _ in range(5)]
    for id in asked:
        await door.cancel(id)

    seen: list[str] = []
    cursor = ""
    while True:
        page = await act(door, made, f"deliveries?limit=2{cursor}")
        webhook_schemas.DeliveryPage.model_validate_json(page.raw, extra="forbid")
        seen += [item["interaction"] for item in page.json["items"]]
        if not page.json["next_cursor"]:
            break
        cursor = f"&cursor={page.json['next_cursor']}"
    assert seen == asked[::-1]
    assert (await act(door, made, "deliveries?status=dead")).json["items"] == []


async def kill(door: Door, number: int) -> None:
    """Have so many deliveries fail for good."""
    await door.db.fetch(
        "update deliveries set status = 'dead', ended_at = now(), failures = 10, outcome = '{}' where event_id in "
        "(select event_id from deliveries where status = 'pending' order by event_id limit $1)",
        number,
    )


async def test_m075_what_is_dead_is_replayed_and_with_a_time_everything_since(door: Door) -> None:
    made = await create(door)
    for _ in range(3):
        await door.cancel((await door.ask()).json["id"])
    await events.number(door.db)
    await kill(door, 2)
    door.notifier.deliveries.clear()

    assert (await act(door, made, "replay")).json == {"replayed": 2}
    assert door.notifier.deliveries.is_set()
    items = (await act(door, made, "deliveries?status=pending")).json["items"]
    assert [(item["failures"], item["ended_at"]) for item in items] == [(0, None)] * 3
    assert (await act(door, made, "replay")).json == {"replayed": 0}
    await kill(door, 3)
    future, past = {"since": "2999-01-01T00:00:00Z"}, {"since": "2020-01-01T00:00:00+02:00"}
    assert (await act(door, made, "replay", json=future)).json == {"replayed": 0}
    assert (await act(door, made, "replay", json=past)).json == {"replayed": 3}


async def test_dead_callbacks_are_listed_and_replayed_together(door: Door) -> None:
    """A callback of another organization, and deliveries to endpoints, are not among them."""
    made = await create(door)
    foreign = await build.tenant(door.db)
    asked = [(await door.ask(body(callback=f"{URL}?run={run}"))).json["id"] for run in range(3)]
    other = (await door.ask(body(callback=URL), key=foreign.secret)).json["id"]
    for id in asked:
        await door.cancel(id)
    await door.cancel(other, key=foreign.secret)
    await events.number(door.db)
    await door.db.fetch(
        "update deliveries set status = 'dead', ended_at = now(), failures = 10, outcome = '{}' "
        "where interaction_id <> $1",
        ids.decode("int", asked[2]),
    )

    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await act(door, "callbacks", f"deliveries?status=dead&limit=1{cursor}")).json
        seen += [item["interaction"] for item in page["items"]]
        cursor = f"&cursor={page['next_cursor']}" if page["next_cursor"] else None
    assert seen == [asked[1], asked[0]]
    assert (await act(door, "callbacks", "replay")).json == {"replayed": 2}
    assert (await act(door, "callbacks", "replay")).json == {"replayed": 0}
    assert len((await act(door, "callbacks", "deliveries?status=pending")).json["items"]) == 3
    assert (await act(door, made, "replay")).json == {"replayed": 2}
    foreigners = (await act(door, "callbacks", "deliveries", key=foreign.secret)).json["items"]
    assert [(item["interaction"], item["status"]) for item in foreigners] == [(other, "dead")]
    assert (await act(door, "callbacks", "test")).status == 404


async def test_however_much_is_replayed_it_is_done_in_batches_and_once(door: Door) -> None:
    made = await create(door)
    for _ in range(5):
        await door.cancel((await door.ask()).json["id"])
    await events.number(door.db)
    await kill(door, 5)
    id = ids.decode("whe", made.json["id"])

    assert await deliveries.replay(door.db, door.tenant.scope.organization_id, id, since=None, batch=2) == 5


@pytest.mark.parametrize(
    "since", ["yesterday", "2026-11-21", "2026-11-21T10:05:00", 1_700_000_000, "0001-01-01T00:00:00Z"]
)
async def test_a_time_that_is_none_is_refused(door: Door, since: Any) -> None:
    reply = await act(door, await create(door), "replay", json={"since": since})

    assert (reply.status, reply.pointers) == (422, ["/since"])


async def enabled_beyond(door: Door) -> Reply:
    """Try to enable one more endpoint than there may be."""
    spare = await create(door)
    await act(door, spare, "disable")
    while (await create(door)).status == 201:
        pass
    return await act(door, spare, "enable")


async def test_every_status_that_is_described_can_happen_and_no_other(door: Door) -> None:
    """429 is tested in test_rate_limiter, and 503 in test_routes, where the database goes away."""
    made = await create(door)
    json = {"Content-Type": "application/json"}
    async with doors.door(door.db, door.tenant, keys=None) as off:
        bodies: list[Json] = [
            {"data": b"x" * 600_000, "headers": json},
            {"data": b"x"},
            {"data": b"x", "headers": json},
            {"json": {"x": 1}},
        ]
        common: list[Json] = [{}, {"key": None}]
        seen: dict[tuple[str, str], set[int]] = {
            (AT, "post"): {
                (await create(door)).status,
                (await create(off)).status,
                (await door.call("POST", AT, key=None)).status,
                *[(await door.call("POST", AT, **one)).status for one in bodies],
            },
            (AT, "get"): {
                *[(await door.call("GET", AT, **one)).status for one in common],
                (await door.call("GET", f"{AT}?x=1")).status,
            },
        }
        for what in ("disable", "enable", "rotate_secret", "test", "replay", "deliveries"):
            statuses = {(await act(door, made, what, **one)).status for one in common}
            statuses |= {(await act(door, UNKNOWN, what)).status, (await act(door, made, f"{what}?x=1")).status}
            if what in {"rotate_secret", "test", "replay"}:
                statuses.add((await act(off, made, what)).status)
            if what == "enable":
                statuses.add((await enabled_beyond(door)).status)
            if what == "replay":
                statuses |= {(await act(door, made, what, **one)).status for one in bodies}
            seen[f"{AT}/{{id}}/{what}", "get" if what == "deliveries" else "post"] = statuses
        at = f"{AT}/{made.json['id']}"
        for method in ("get", "patch", "delete"):
            sent: Json = {"json": {"url": URL}} if method == "patch" else {}
            statuses = {(await door.call(method, one, **sent)).status for one in (f"{AT}/{UNKNOWN}", f"{at}?x=1")}
            statuses.add((await door.call(method, at, key=None)).status)
            if method == "patch":
                statuses |= {(await door.call(method, at, **one)).status for one in bodies}
                statuses.add((await off.call(method, at, **sent)).status)
            seen[f"{AT}/{{id}}", method] = statuses | {(await door.call(method, at, **sent)).status}
    named = {
        (path, method): {int(status) for status in operation["responses"]}
        for path, operations in document.document()["paths"].items()
        for method, operation in operations.items()
        if path.startswith(AT)
    }

    assert {route: statuses | {429, 503} for route, statuses in seen.items()} == named


async def test_a_callback_is_kept_and_not_shown(door: Door, db: Database) -> None:
    asked = await door.ask(body(callback=f"{URL}?token=7"))
    (row,) = await db.fetch("select callback, callback_target from interactions")

    assert row["callback"] == f"{URL}?token=7" and row["callback_target"] is not None
    assert "token=7" not in asked.raw.decode()
    claimed = await interactions.claim(db, build.click(await build.read(db, door.tenant, asked.id)))
    assert claimed.verdict == "won"
    await events.number(db)
    (owed,) = await db.fetch("select target_id, interaction_id, endpoint_id from deliveries")
    assert dict(owed) == {"target_id": row["callback_target"], "interaction_id": asked.id, "endpoint_id": None}
    assert ids.encode("int", owed["interaction_id"]) == asked.json["id"]
