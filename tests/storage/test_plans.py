"""The statements of every click and every pass stay cheap among other organizations' rows.

Each is planned both for its values and for any values, as PostgreSQL does after a few calls, in an organization that is
not in the statistics: there the planner's estimates are worst.
"""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from bridge import ids
from sandbox.postgres.cluster import Cluster
from storage import deadlines, keys, pool, retention, statements
from storage.interactions import QUESTIONS_BEFORE, Filters, Opening
from storage.model import ENDS, Interaction
from storage.pool import Database
from tests.databases import Databases
from tests.storage import build, ended
from tests.storage.build import Tenant
from tests.storage.elapse import elapse
from tests.storage.plans import MODES, PATIENT, nodes, rows_read, run, scans

OTHERS = """
create temp table seeds as
    select number, gen_random_uuid() as organization_id, gen_random_uuid() as connection_id, gen_random_uuid() as key_id
    from generate_series(1, 500) as number;
insert into organizations select organization_id, 'Other ' || number from seeds;
insert into keys (organization_id, id, name, prefix, digest)
    select organization_id, key_id, 'other', 'askb_none', sha256(organization_id::text::bytea) from seeds;
insert into connections (organization_id, id, app_id, team_id, home_teams, bot_user_id, name)
    select organization_id, connection_id, 'A0ASKBRIDGE', 'T0OTHER' || number, '{T0OTHER}', 'U0BOT', 'Other' from seeds;
insert into interactions (
    organization_id, connection_id, id, kind, status, request, digest, answers, key_id, asked_by, idempotency_key,
    request_hash, answer, choice, claim_id, cards_left, cards_shown, unheard, expires_at, ended_at, tags)
select
    organization_id, connection_id, gen_random_uuid(), 'approval', case when is_open then 'pending' else 'answered' end,
    '{}', '', '{}', key_id, 'other', 'key ' || place, '', case when not is_open then '{}'::jsonb end,
    case when not is_open then 'approve' end, case when not is_open then sha256(random()::text::bytea) end, 0, 1, false,
    clock_timestamp() + interval '1 hour', case when not is_open then clock_timestamp() end, '{production,rare}'
from seeds, generate_series(1, 40) as place, lateral (select place <= 4 as is_open) as opens;
insert into cards (
    organization_id, connection_id, interaction_id, id, ordinal, address, channel, ts, wanted, shown, due_at)
select
    organization_id, connection_id, id, gen_random_uuid(), 1, '{}', 'C0OTHER', '1.1', 2,
    case when status = 'pending' then 1 else 2 end, clock_timestamp() + interval '1 hour'
from interactions;
insert into clicks (organization_id, claim_id, connection_id, interaction_id, verdict, user_id)
    select organization_id, claim_id, connection_id, id, 'won', 'U0OTHER' from interactions where claim_id is not null;
insert into events (organization_id, id, interaction_id, type, position)
    select
        organization_id, gen_random_uuid(), id, 'interaction.created',
        row_number() over (partition by organization_id order by id)
    from interactions;
insert into webhook_endpoints (organization_id, id, url)
    select organization_id, key_id, 'https://hooks.example.com/' from seeds;
insert into deliveries (
    organization_id, target_id, event_id, interaction_id, endpoint_id, status, put_off, due_at, outcome, ended_at)
select
    events.organization_id, seeds.key_id, events.id, events.interaction_id, seeds.key_id,
    case when is_owed then 'pending' else 'delivered' end, is_owed, clock_timestamp() + interval '1 hour',
    case when not is_owed then '{}'::jsonb end, case when not is_owed then clock_timestamp() end
from events
join seeds on seeds.organization_id = events.organization_id, lateral (select number % 2 = 0 as is_owed) as owed;
insert into serving (organization_id, connection_id, served_since, served_until)
    select organization_id, connection_id, clock_timestamp(), clock_timestamp() + interval '1 hour' from seeds;
drop table seeds;
analyze;
"""

LARGE = {
    *("keys", "connections", "interactions", "cards", "clicks", "events", "webhook_endpoints", "deliveries"),
    "serving",
}
FEW = 24  # rows that one call may touch; there are 20,000 others of each


@pytest.fixture(scope="module")
def filled(databases: Databases, cluster: Cluster) -> Iterator[str]:
    """The name of a template database with 20,000 interactions of 500 other organizations: filling one takes long.

    One interaction in ten is still pending, and none is due. Half of the ended ones are delivered to webhooks; the
    receivers of the other half, of 250 organizations, are due again in an hour.
    """

    async def fill(name: str) -> None:
        connection = await asyncpg.connect(cluster.database(name))
        await connection.execute(PATIENT)
        await connection.execute(OTHERS, timeout=60)
        await connection.close()

    name = asyncio.run(databases.lend())
    asyncio.run(fill(name))
    yield name
    asyncio.run(databases.drop(name))


@pytest.fixture
async def crowded(filled: str, databases: Databases, cluster: Cluster) -> AsyncIterator[Database]:
    """A copy of that database for this test."""
    name = await databases.copy(filled)
    async with pool.connect(cluster.database(name), name="test", size=10) as database:
        yield database
    await databases.drop(name)


LISTS: dict[str, dict[str, Any]] = {
    "everything": {},
    "what is pending": {"status": "pending"},
    "what expired": {"status": "expired"},
    "a run": {"run": "run-7"},
    "a run that is always called so": {"run": "nightly"},
    "a key": {"idempotency_key": "key 7"},
    "a run that is pending": {"status": "pending", "run": "run-7"},
    "a kind": {"kind": "choice"},
    "a kind that is pending": {"status": "pending", "kind": "choice"},
    "a common tag": {"tag": "production"},
    "a common tag that is pending": {"status": "pending", "tag": "production"},
    "a common tag that is answered": {"status": "answered", "tag": "production"},
    "a rare tag": {"tag": "rare"},
    "a rare tag that is answered": {"status": "answered", "tag": "rare"},
}
TEN_PAGES = 100  # rows that are read first when a list is filtered by a tag


def page(question: Interaction, **said: Any) -> dict[str, Any]:
    """Return the parameters of a page of ten."""
    filters = dataclasses.asdict(Filters(**said))
    values: dict[str, Any] = {"before": QUESTIONS_BEFORE, "limit": 10, "max_bytes": 1024 * 1024, "with_body": False}
    return filters | values | {"organization_id": question.organization_id}


def opening(opening: Opening, *, max_pending: int | None = None) -> dict[str, Any]:
    values = {field.name: getattr(opening, field.name) for field in dataclasses.fields(opening)}
    scope = values.pop("scope")
    scoped = {"organization_id": scope.organization_id, "connection_id": scope.connection_id}
    return {**scoped, **values, "max_pending": max_pending}


def of_webhooks(organization_id: UUID, endpoint_id: UUID) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return one call of each statement of deliveries and endpoints."""
    fence = {"organization_id": organization_id, "target_id": endpoint_id, "event_id": ids.new(), "attempt": 1}
    pages = {"organization_id": organization_id, "status": None, "before": UUID(int=2**128 - 1), "limit": 10}
    again = {"organization_id": organization_id, "since": None, "after_event_id": UUID(int=0), "limit": 1000}
    one = {"organization_id": organization_id, "id": endpoint_id}
    outcome = {"status": 500, "detail": ""}
    return {
        "resume": ("deliveries", {"limit": 1000}),
        "lease of deliveries": ("deliveries", {"limit": 50, "max_in_flight": 2, "seconds": 20, "overlap": 86_400}),
        "give_up": (
            "deliveries",
            {"organization_id": organization_id, "endpoint_id": endpoint_id, "outcome": outcome, "limit": 1000},
        ),
        "renew": ("deliveries", {**fence, "seconds": 20}),
        "accepted": ("deliveries", {**fence, "outcome": outcome}),
        "failed": (
            "deliveries",
            {**fence, "url": "", "outcome": outcome, "seconds": 5.0, "gone": False, "max_failing_seconds": 86_400},
        ),
        "page of deliveries": ("deliveries", {**pages, "endpoint_id": endpoint_id}),
        "page_of_callbacks": ("deliveries", pages),
        "replay": ("deliveries", {**again, "endpoint_id": endpoint_id}),
        "replay_callbacks": ("deliveries", again),
        "page of endpoints": ("webhook_endpoints", {"organization_id": organization_id, "before": None, "limit": 201}),
        "page of disabled endpoints": (
            "webhook_endpoints",
            {"organization_id": organization_id, "before": UUID(int=2**128 - 1), "limit": 201},
        ),
        "retire_endpoints": ("retention", {"days": 90, "limit": 20}),
        "forget_throttles": ("retention", {"limit": 100}),
        "get of an endpoint": ("webhook_endpoints", one),
        "rotate": ("webhook_endpoints", one),
        "change": ("webhook_endpoints", {**one, "url": None, "types": None, "same_types": True}),
        "delete": ("webhook_endpoints", one),
    }


def calls(tenant: Tenant, question: Interaction) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return one call of each hot statement."""
    click = build.click(question)
    organization_id, id = question.organization_id, question.id
    scope = {"organization_id": organization_id, "connection_id": question.connection_id}
    scopes = {f"{name}s": [value] for name, value in scope.items()}
    return {
        "claim": (
            "interactions",
            {
                "organization_id": organization_id,
                "connection_id": question.connection_id,
                **{name: getattr(click, name) for name in click.__slots__ if name != "scope"},
            },
        ),
        "get": ("interactions", {"organization_id": organization_id, "id": id}),
        **{f"page of {named}": ("interactions", page(question, **filters)) for named, filters in LISTS.items()},
        "end_now": (
            "interactions",
            {
                "organization_id": organization_id,
                "id": id,
                "reason": {},
                "status": "cancelled",
                "detail": {"key": "deploy-bot"},
                "event_id": ids.new(),
            },
        ),
        "open": ("interactions", opening(build.opening(tenant, supersedes=id))),
        "open one more": ("interactions", opening(build.opening(tenant), max_pending=10_000)),
        "take": (
            "throttles",
            {"organization_id": organization_id, "name": "requests", "rate": 200, "burst": 1000, "amount": 25},
        ),
        "find_idempotent": ("interactions", {"organization_id": organization_id, "idempotency_key": "key 1"}),
        "timeline": ("interactions", {"organization_id": organization_id, "id": id, "limit": 1000}),
        "asked": ("forms", {**scope, "interaction_id": id}),
        "opened": (
            "forms",
            {
                "organization_id": organization_id,
                "interaction_id": id,
                "channel": click.channel,
                "ts": click.ts,
                "seconds": 3600.0,
                "limit": 20,
            },
        ),
        "ended": ("interactions", {"organization_ids": [organization_id] * 3, "ids": [id, ids.new(), ids.new()]}),
        "expire": (
            "deadlines",
            {"limit": 100, "event_ids": [ids.new() for _ in range(100)], **deadlines.REASONS},
        ),
        "end_named": (
            "deadlines",
            {
                "organization_id": organization_id,
                "ids": [id, ids.new()],
                "event_ids": [ids.new() for _ in range(2)],
                **deadlines.REASONS,
            },
        ),
        "end_due": (
            "deadlines",
            {
                "organization_id": organization_id,
                "limit": 100,
                "event_ids": [ids.new() for _ in range(100)],
                **deadlines.REASONS,
            },
        ),
        "number": ("events", {"limit": 100, "ends": sorted(ENDS)}),
        "page of the feed": ("events", {"organization_id": organization_id, "past": 0, "types": None, "limit": 10}),
        "page of some types": (
            "events",
            {
                "organization_id": organization_id,
                "past": 0,
                "types": ["interaction.created", "interaction.answered"],
                "limit": 10,
            },
        ),
        "position": ("events", {"organization_id": organization_id, "id": ids.new()}),
        "several": ("interactions", {"organization_id": organization_id, "ids": [id, ids.new()]}),
        "hold": (
            "retention",
            {
                "days": 90,
                "after": retention.START.ended_at,
                "after_organization_id": retention.START.organization_id,
                "after_id": retention.START.id,
                "limit": 100,
            },
        ),
        "settled": ("retention", {"organization_ids": [organization_id] * 2, "ids": [id, ids.new()]}),
        "forget": ("retention", {"organization_ids": [organization_id] * 2, "ids": [id, ids.new()]}),
        "forget_clicks": ("retention", {"days": 90, "limit": 100}),
        "forget_endpoints": ("retention", {"days": 90, "limit": 5}),
        "acknowledge": (
            "receipts",
            {"organization_ids": [organization_id] * 2, "ids": [id, ids.new()], "seconds": 3.0},
        ),
        "record": (
            "receipts",
            {
                "organization_id": organization_id,
                "id": id,
                "status": "picked_up",
                "summary": None,
                "url": None,
                "key_name": "deploy-bot",
                "event_id": ids.new(),
                "seconds": 3.0,
            },
        ),
        "mark_unacknowledged": ("receipts", {"limit": 100, "seconds": 120.0, "within": 780.0}),
        "lease": ("cards", {**scopes, "kinds": ["approval"], "limit": 100, "seconds": 20}),
        "renew": ("serving", {**scopes, "limit": 100, "seconds": 60}),
        "get of what is served": ("serving", scope),
        "look": (
            "backlog",
            {
                **scopes,
                "limit": 20,
                "max_receivers": 5_000,
                "max_in_flight": 2,
                "with_notices": True,
            },
        ),
        "of_interactions": ("cards", {"organization_id": organization_id, "interaction_ids": [id, ids.new()]}),
        "of_interaction": ("cards", {"organization_id": organization_id, "interaction_id": id}),
        "of_installation": (
            "connections",
            {"app_id": "A0ASKBRIDGE", "enterprise_id": None, "team_id": tenant.connection.team_id},
        ),
        "of_digest": ("keys", {"digest": keys.digest(tenant.secret)}),
        "of_digests": ("keys", {"digests": [keys.digest(tenant.secret), keys.digest("askb_no"), keys.digest("")]}),
    }


def read(plan: dict[str, Any], *said: str) -> float:
    """Return how many rows of tables were read; fails if any were read without an index."""
    for node in scans(plan):
        way = f"{node['Node Type']} on {node['Relation Name']}"
        scanned = node["Node Type"] == "Seq Scan" and node["Relation Name"] in LARGE and node["Actual Loops"] > 0
        assert not scanned, (*said, way)
    return rows_read(plan)


async def test_no_hot_statement_reads_other_organizations_rows(crowded: Database) -> None:
    tenant = await build.tenant(crowded)
    question = await build.question(crowded, tenant)
    endpoint = await build.endpoint(crowded, tenant)
    every = calls(tenant, question) | of_webhooks(tenant.scope.organization_id, endpoint.id)

    async with crowded.acquire() as connection:
        for name, (table, values) in every.items():
            for mode in MODES:
                plan = await run(connection, statements.load(table)[name.split()[0]], values, mode)
                touched = read(plan, name, mode)

                assert touched <= FEW, f"{name}, {mode}: {touched} rows"


async def test_endpoints_that_are_called_no_more_are_not_read(crowded: Database) -> None:
    """The organization has a thousand of them, which are not in the statistics, and one active endpoint."""
    tenant = await build.tenant(crowded)
    question = await build.question(crowded, tenant)
    await build.endpoint(crowded, tenant)
    await crowded.fetch(
        "insert into webhook_endpoints (organization_id, id, url, disabled_at, disabled_reason) select $1, "
        "gen_random_uuid(), '', now(), (array['asked', 'deleted'])[1 + number % 2] "
        "from generate_series(1, 1000) as number",
        tenant.scope.organization_id,
    )
    every = calls(tenant, question)

    async with crowded.acquire() as connection:
        for name in ("claim", "end_now", "open", "record"):
            table, values = every[name]
            for mode in MODES:
                plan = await run(connection, statements.load(table)[name], values, mode)

                assert read(plan, name, mode) <= FEW, f"{name}, {mode}"


OWN = """
insert into interactions
select (jsonb_populate_record(asked, jsonb_build_object(
    'id', gen_random_uuid(), 'status', 'answered', 'answer', '{}', 'choice', 'approve',
    'claim_id', sha256(asked.id::text::bytea), 'ended_at', asked.created_at,
    'kind', case when number % 400 = 0 then 'choice' else 'approval' end,
    'tags', case when number % 2000 = 0 then '["production", "rare"]' else '["production"]' end::jsonb,
    'idempotency_key', 'key ' || number, 'request_hash', '',
    'request', jsonb_build_object('title', 'Deploy?', 'agent', jsonb_build_object(
        'run', case when number % 2 = 0 then 'nightly' else 'run-' || number end))))).*
from interactions as asked, generate_series(1, 8000) as number
where asked.id = $1
"""


async def test_a_list_reads_a_page_of_a_large_organization_and_no_more(crowded: Database) -> None:
    """8,000 interactions of the organization, three of them pending; an index has the order of each list."""
    tenant = await build.tenant(crowded)
    question, *_ = [await build.question(crowded, tenant) for _ in range(3)]
    async with crowded.acquire() as connection:
        await connection.execute(PATIENT)
        await connection.execute(OWN, question.id, timeout=60)
        await connection.execute("analyze interactions", timeout=60)
        for name, filters in LISTS.items():
            for mode in MODES:
                plan = await run(connection, statements.load("interactions")["page"], page(question, **filters), mode)

                assert read(plan, name, mode) <= FEW + ("rare" in name) * TEN_PAGES, f"{name}, {mode}"
                below = [node for node in nodes(plan) if node["Node Type"] == "Sort"]
                assert sum(node["Actual Rows"] for node in below) <= FEW


async def test_the_feed_is_numbered_and_read_without_a_look_at_the_rest_of_it(crowded: Database) -> None:
    """A feed of 8,000 events, two of a rare type; a page from its middle, and three events that are due."""
    tenant = await build.tenant(crowded)
    question = await build.question(crowded, tenant)
    async with crowded.acquire() as connection:
        await connection.execute(PATIENT)
        await connection.execute(
            "insert into events (organization_id, id, interaction_id, type, position) "
            "select organization_id, gen_random_uuid(), id, case when number % 4000 = 0 then 'interaction.expired' "
            "else 'interaction.posted' end, number from interactions, generate_series(1, 8000) as number where id = $1",
            question.id,
        )
        await connection.execute(
            "update organizations set events_position = 8000 where organization_id = $1", question.organization_id
        )
        await connection.execute("analyze events", timeout=60)
        await connection.execute(
            "insert into events (organization_id, id, interaction_id, type) select organization_id, gen_random_uuid(), "
            "id, 'interaction.posted' from interactions, generate_series(1, 2) where id = $1",
            question.id,
        )
        half = {"organization_id": question.organization_id, "past": 3990, "limit": 10}
        for mode in MODES:
            for name, values in (
                ("number", {"limit": 100, "ends": sorted(ENDS)}),
                ("page", {**half, "types": None}),
                ("page", {**half, "types": ["interaction.expired"]}),
                ("page", {**half, "types": ["interaction.expired", "interaction.posted"]}),
            ):
                plan = await run(connection, statements.load("events")[name], values, mode)

                assert 2 <= read(plan, name, mode) <= FEW, f"{name}, {mode}"


async def test_what_is_old_is_found_without_a_look_at_what_is_not(crowded: Database) -> None:
    """Seven old interactions, five old clicks on none, and a walk that has passed three of the seven."""
    tenant = await build.tenant(crowded)
    old = await ended.question(crowded, tenant, days=200)
    await ended.many_like(crowded, old, number=6)
    await crowded.fetch(
        "update clicks set interaction_id = null where claim_id in "
        "(select claim_id from clicks where organization_id <> $1 limit 5)",
        tenant.scope.organization_id,
    )
    await elapse(crowded, "clicks", timedelta(days=91), where="interaction_id is null")
    past = await crowded.fetch("select ended_at as after, id from interactions order by ended_at limit 1 offset 2")
    held = {
        "days": 90,
        "after": past[0]["after"],
        "after_organization_id": tenant.scope.organization_id,
        "after_id": past[0]["id"],
        "limit": 1000,
    }

    async with crowded.acquire() as connection:
        for mode in MODES:
            for name, values, limit in (("hold", held, 4), ("forget_clicks", {"days": 90, "limit": 1000}, 3 * 5)):
                plan = await run(connection, statements.load("retention")[name], values, mode)

                assert 4 <= read(plan, name, mode) <= 2 * limit, f"{name}, {mode}"


async def test_what_no_agent_acknowledged_is_found_without_a_look_at_what_is_younger_or_older(
    crowded: Database,
) -> None:
    """Seven answers of the last minutes; half of 18,000 others are younger and half older."""
    tenant = await build.tenant(crowded)
    late = await ended.question(crowded, tenant, days=130 / 86_400)
    await ended.many_like(crowded, late, number=6)
    async with crowded.acquire() as connection:
        await connection.execute(PATIENT)
        others = "organization_id <> $1 and status = 'answered' and id < $2"
        args = (late.organization_id, UUID(int=2**127))
        await elapse(connection, "interactions", timedelta(hours=1), *args, where=others, columns=["ended_at"])
        await connection.execute("analyze interactions", timeout=60)
        for mode in MODES:
            _, values = calls(tenant, late)["mark_unacknowledged"]
            plan = await run(connection, statements.load("receipts")["mark_unacknowledged"], values, mode)

            assert 7 <= read(plan, mode) <= 4 * 7, mode


async def test_a_due_scan_by_a_clock_that_no_index_takes_would_be_found_out(crowded: Database) -> None:
    """With clock_timestamp() in place of the statement's clock, every interaction of all organizations is read."""
    tenant = await build.tenant(crowded)
    question = await build.question(crowded, tenant)
    for name in ("expire", "hold", "mark_unacknowledged"):
        table, values = calls(tenant, question)[name]
        text = statements.load(table)[name].text.replace("statement_timestamp()", "clock_timestamp()")
        slow = statements.parse(table, f"-- name: {name} :many\n-- Slow.\n{text};")[name]

        async with crowded.acquire() as connection:
            plan = await run(connection, slow, values, "force_custom_plan")

        assert max(node.get("Rows Removed by Filter", 0) for node in nodes(plan)) > 1000, name
