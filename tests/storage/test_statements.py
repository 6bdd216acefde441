"""SQL statements: how a file is parsed, and that each statement fits the schema and the code that calls it."""

import dataclasses
from importlib import resources
from typing import Any

import pytest

from bridge.things.registry import NOUNS
from storage import notes, retention, statements
from storage.backlog import Backlog
from storage.connections import DegradedConnection
from storage.deliveries import FailedDelivery, Leased, Resumed
from storage.events import FeedPosition
from storage.form_pages import KeptPages
from storage.forms import OpenedForm
from storage.model import (
    Card,
    Connection,
    Delivery,
    FeedEvent,
    Interaction,
    Key,
    Life,
    Organization,
    StoredRequest,
    Thing,
    ThingTimelineEntry,
    WebhookEndpoint,
)
from storage.organizations import Outstanding
from storage.pool import Database
from storage.server import Server
from storage.serving import Renewed, ServingStatus
from storage.statements import DuplicateName, NestedPart, Rows, Runs, Statement, UnknownPart
from storage.things import LockedConnection
from storage.work_items import Picked, Resolved, Stats

FILES = sorted(
    file.name.removesuffix(".sql")
    for file in resources.files("sql").iterdir()
    if file.name.endswith(".sql") and file.name != "schema.sql"
)
STATEMENTS = [statement for table in FILES for statement in statements.load(table).values()]

TWO = """\
-- What this file is about, with a -- name in prose.

-- name: get :maybe
-- One row,
-- said on two lines.
select $id::uuid as id, $other::int + 1 as other -- why it is one more
where $id is not null;

-- name: list_all :many
-- All rows.
select 1;
"""


def test_a_file_is_cut_into_its_named_statements() -> None:
    found = statements.parse("things", TWO)

    assert list(found) == ["get", "list_all"]
    assert (found["get"].table, found["get"].rows) == ("things", Rows.MAYBE)
    assert found["get"].purpose == "One row, said on two lines."
    assert found["get"].parameters == ("id", "other")
    assert "-- why it is one more" in found["get"].sql
    assert found["list_all"].text == "select 1"


def test_a_parameter_keeps_its_position_however_often_it_stands_there() -> None:
    statement = statements.parse("things", "-- name: get :one\n-- Both.\nselect $second, $first, $second;")["get"]

    assert statement.sql == "select $1, $2, $1"
    assert statement.parameters == ("second", "first")
    assert statement.arguments({"first": 1, "second": 2}) == [2, 1]


def test_a_parameter_whose_name_begins_like_another_is_not_mistaken_for_it() -> None:
    statement = statements.parse("things", "-- name: get :one\n-- Both.\nselect $id, $id_too;")["get"]

    assert statement.sql == "select $1, $2"


def test_two_statements_of_one_name_are_refused() -> None:
    with pytest.raises(DuplicateName, match="names get twice"):
        statements.parse("things", TWO + "\n-- name: get :one\n-- Again.\nselect 2;\n")


PARTS = """\
-- part: columns
-- What a thing is made of.
id, other

-- name: get :maybe
-- One row.
select /* part: columns */, (
    /* part: shared */
) as shared
where id = $id;
"""


def test_a_part_stands_in_the_place_of_its_mark_with_its_parameters() -> None:
    statement = statements.parse("things", PARTS, shared={"shared": "select 1\nwhere $more"})["get"]

    assert statement.text == ("select id, other, (\n    select 1\n    where $more\n) as shared\nwhere id = $id")
    assert statement.parameters == ("more", "id")


def test_a_part_that_is_not_there_is_refused() -> None:
    with pytest.raises(UnknownPart, match=r"things\.get: there is no part shared"):
        statements.parse("things", PARTS)


def test_two_parts_of_one_name_are_refused() -> None:
    with pytest.raises(DuplicateName, match="the part columns twice"):
        statements.parts("things", PARTS + "\n-- part: columns\n-- Again.\nid\n")
    with pytest.raises(DuplicateName, match=r"a part of sql/parts\.sql: columns"):
        statements.parse("things", PARTS, shared={"shared": "select 1", "columns": "id"})


def test_a_part_with_another_part_in_it_is_refused() -> None:
    with pytest.raises(NestedPart, match="the part columns has another part in it"):
        statements.parts("things", PARTS.replace("id, other", "id, /* part: other */"))


def test_no_part_is_left_that_only_one_statement_has() -> None:
    sources = {table: resources.files("sql").joinpath(f"{table}.sql").read_text("utf-8") for table in FILES}
    for table, source in sources.items():
        for name in statements.parts(table, source):
            users = sources.values() if table == "parts" else [source]
            assert sum(user.count(f"/* part: {name} */") for user in users) > 1, f"{name} stands in one place only"


def test_a_statement_is_printed_as_it_is_sent(capsys: pytest.CaptureFixture[str]) -> None:
    statements.main("cards.of_interaction")

    printed = capsys.readouterr().out
    assert printed.startswith(
        "-- The cards of one interaction, in the order of their addresses.\n-- $1: organization_id\n"
    )
    assert printed.endswith(f"{statements.load('cards')['of_interaction'].sql};\n")
    assert "part:" not in printed


@pytest.mark.parametrize("values", [{}, {"id": 1}, {"id": 1, "other": 2, "more": 3}, {"id": 1, "othr": 2}])
def test_other_keywords_than_the_parameters_are_a_type_error(values: dict[str, Any]) -> None:
    statement = statements.parse("things", "-- name: get :one\n-- Both.\nselect $id, $other;")["get"]

    with pytest.raises(TypeError, match=r"things\.get"):
        statement.arguments(values)


async def test_the_row_that_is_always_there_is_missed_when_it_is_not(db: Database) -> None:
    statement = statements.parse("things", "-- name: get :one\n-- None.\nselect 1 where $no::boolean;")["get"]

    with pytest.raises(ValueError, match="not enough values"):
        await statement.one(db, no=False)
    assert await statement.maybe(db, no=False) is None


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda one: f"{one.table}.{one.name}")
def test_every_statement_says_what_it_is_for(statement: Statement) -> None:
    assert statement.purpose.endswith((".", "$seconds")) and len(statement.purpose) > len("No purpose.")


def test_every_head_in_every_file_was_understood() -> None:
    for table in FILES:
        source = resources.files("sql").joinpath(f"{table}.sql").read_text("utf-8")

        assert source.count("-- name:") == len(statements.load(table)), f"a head in sql/{table}.sql is misspelt"


def of(row: type, *, without: set[str] | None = None, more: set[str] | None = None) -> set[str]:
    return {field.name for field in dataclasses.fields(row)} - (without or set()) | (more or set())


# The columns that each statement returns and the code reads. A new statement gets its line here.
READ = {
    "backlog.look": of(Backlog),
    "cards.of_interaction": of(Card),
    "cards.of_interactions": of(Card),
    "cards.lease": of(Card, without={"truncated", "unserved"}),
    "cards.posted": {"kept"},
    "cards.mark_maybe_shown": {"newly"},
    "cards.edited": {"kept"},
    "cards.give_up": {"status"},
    "cards.anchor": {"anchor_id"},
    "catalog.columns": {"table_name", "name", "type", "required", "initial"},
    "catalog.constraints": {"table_name", "name", "is_foreign", "definition"},
    "catalog.indexes": {"definition"},
    "catalog.index": {"is_complete"},
    "catalog.unsupported_objects": {"name"},
    "connections.of_installation": of(Connection),
    "connections.of_organization": of(Connection),
    "connections.all_of_organization": of(Connection),
    "connections.disabled_of_installation": of(Connection),
    "connections.refresh": of(Connection),
    "connections.connect": of(Connection),
    "connections.degraded": of(DegradedConnection),
    "connections.first_click": {"first_click_at"},
    "connections.note_click": {"noted"},
    "connections.lock": of(Connection),
    "connections.close_gate": {"held"},
    "connections.set_default_channel": of(Connection),
    "connections.cancel_pending": {"seen", "cancelled"},
    "connections.disable": of(Connection),
    "connections.enable": of(Connection),
    "deadlines.expire": {"organization_id", "id", "status", "next_in", "called"},
    "deadlines.end_named": {"organization_id", "id", "status"},
    "deadlines.end_due": {"organization_id", "id", "status", "found"},
    "deliveries.resume": of(Resumed),
    "deliveries.hold": {"limited", "held"},
    "deliveries.lease": of(Leased),
    "deliveries.renew": {"attempt"},
    "deliveries.accepted": {"status"},
    "deliveries.failed": of(FailedDelivery),
    "deliveries.give_up": {"event_id"},
    "deliveries.page": of(Delivery),
    "deliveries.page_of_callbacks": of(Delivery),
    "deliveries.replay": {"event_id"},
    "deliveries.replay_callbacks": {"event_id"},
    "events.number": {"organization_id", "due", "done", "deliveries"},
    "events.page": of(FeedEvent),
    "events.position": of(FeedPosition),
    "events.latest": {"organization_id", "latest"},
    "interactions.open": {"id", "created_at", "expires_at", "connected", "found", "pending"},
    "interactions.find_idempotent": {"id", "request_hash"},
    "forms.asked": of(StoredRequest) - {"full_text"},
    "fixes.find_active": {"id", "connection_id", "is_open"},
    "fixes.handover": {"id"},
    "fixes.stats": {"proposed", "applied", "worked", "failed"},
    "forms.opened": of(OpenedForm),
    "form_pages.asked": of(StoredRequest) - {"full_text"} | of(KeptPages),
    "form_pages.kept": of(KeptPages),
    "interactions.get": of(Interaction),
    "interactions.full_text": {"full_text"},
    "interactions.several": of(Interaction),
    "interactions.page": of(Interaction, more={"followed"}),
    "interactions.rounds": of(Interaction),
    "interactions.round_of": {"id", "noun"},
    "interactions.claim": of(
        Life,
        more={"overdue", "undecided", "verdict", "refusal", "repeats", "found", "is_settling", "asked"},
    ),
    "interactions.end_now": {"ended"},
    "interactions.ended": {"organization_id", "id"},
    "interactions.timeline": {"at", "type", "by", "verdict", "detail"},
    "keys.create": of(Key),
    "keys.of_digest": of(Key),
    "keys.of_digests": of(Key, more={"digest"}),
    "keys.of_organization": of(Key),
    "keys.revoke": of(Key),
    "keys.valid": {"organization_id", "id"},
    "migrations.exists": {"found"},
    "migrations.applied": {"version", "name"},
    "organizations.get": of(Organization),
    "organizations.every": of(Organization),
    "organizations.disable": of(Organization),
    "organizations.enable": of(Organization),
    "organizations.outstanding": of(Outstanding),
    "organizations.hold_interactions": {"id"},
    "organizations.hold_things": {"id"},
    "organizations.delete_clicks": {"claim_id"},
    "organizations.delete_throttles": {"name"},
    "organizations.delete_keys": {"id"},
    "organizations.delete_serving": {"connection_id"},
    "organizations.delete_connections": {"id"},
    "organizations.delete_webhook_endpoints": {"id"},
    "organizations.delete": {"organization_id"},
    "incidents.find_open": {"id"},
    "incidents.is_open": {"id"},
    "incidents.of_run": {"id"},
    "incidents.made": {"id", "message", "changes", "by", "at"},
    "incidents.updates": {"id", "message", "changes", "by", "at"},
    "work_items.find": {"id"},
    "work_items.pick": of(Picked) - {"attempts"},
    "work_items.lease": of(Picked),
    "work_items.dependencies": {"dependencies"},
    "work_items.resolve": of(Resolved),
    "work_items.reaches": {"is_reached"},
    "work_items.link": {"is_changed"},
    "work_items.unlink": {"is_changed"},
    "work_items.expired": {"id", "connection_id"},
    "work_items.stats": of(Stats),
    "recoveries.find_open": {"id", "connection_id"},
    "recoveries.latest_of_source": {"id"},
    "recoveries.search": {"id"},
    "receipts.acknowledge": {"organization_id", "id"},
    "receipts.record": {"outcome"},
    "receipts.mark_unacknowledged": {"organization_id", "id"},
    "retention.hold": of(retention.RetentionPosition),
    "retention.settled": {"organization_id", "id"},
    "retention.forget": {"rows"},
    "retention.forget_clicks": {"rows"},
    "retention.retire_endpoints": {"rows"},
    "retention.forget_endpoints": {"rows"},
    "retention.forget_throttles": {"rows"},
    "retention.hold_things": of(retention.RetentionPosition),
    "retention.hold_rounds": {"organization_id", "thing_id", "id"},
    "retention.settled_things": {"organization_id", "id"},
    "retention.forget_things": {"rows"},
    "things.lock_name": {"held"},
    "things.lock_connection": of(LockedConnection),
    "things.lock_open": {"noun", "ended_at"},
    "things.now": {"now"},
    "things.request": {"thing_id", "request_hash", "made_id"},
    "things.count": {"open"},
    "things.reached": {"to_status"},
    "things.timeline": of(ThingTimelineEntry),
    "things.changed": {"organization_id", "id"},
    "things.overlooked": {"has_notes", "organization_id", "connection_id", "id", "noun"},
    "things.newest_open": {"id", "noun"},
    "throttles.full_in": {"seconds"},
    "throttles.take": {"seconds"},
    "notes.hold_cards": {"organization_id", "interaction_id", "id", "is_over", "has_over"},
    "notes.abandon": of(notes.Abandoned),
    "notes.lease": {
        *("organization_id", "connection_id", "interaction_id", "card_id", "number", "text", "attempt", "failures"),
        *("address", "channel", "ts", "buttons", "round_id", "noun", "thing_id"),
    },
    "notes.lease_edits": {
        *("organization_id", "connection_id", "thing_id", "noun", "interaction_id", "card_id", "number", "text"),
        *("attempt", "failures", "channel", "ts"),
    },
    "notes.put_off_edit": {"is_given_up"},
    "notes.mark_maybe_sent": {"is_marked"},
    "notes.sent": {"kept"},
    "notes.put_off": {"is_given_up"},
    "notes.next_in": {"seconds"},
    "notices.notify": {"notified"},
    "notices.limited": {"limited"},
    "serving.renew": of(Renewed),
    "serving.shelve": {"number"},
    "serving.get": of(ServingStatus),
    "server.look": of(Server),
    "webhook_endpoints.create": of(WebhookEndpoint),
    "webhook_endpoints.page": of(WebhookEndpoint),
    "webhook_endpoints.get": of(WebhookEndpoint),
    "webhook_endpoints.disable": of(WebhookEndpoint),
    "webhook_endpoints.enable": of(WebhookEndpoint),
    "webhook_endpoints.change": of(WebhookEndpoint),
    "webhook_endpoints.delete": {"id"},
    "webhook_endpoints.rotate": of(WebhookEndpoint),
}
# The statements that every noun has; those of its own are above.
for noun in NOUNS.values():
    columns = of(Thing) | {*noun.table.columns}
    READ |= {f"{noun.table.name}.lock": columns, f"{noun.table.name}.apply": {"is_settling"}}
    READ |= {f"{noun.table.name}.{name}": columns | {"round_id"} for name in ("get", "several")}
    READ |= {f"{noun.table.name}.page": {"id"}}
    if noun.tick is not None:
        READ |= {f"{noun.table.name}.due": {"organization_id", "connection_id", "id", "due_in"}}
READ["work_items.page"] = {"id", "priority", "created_at"}  # the order of its list is not by ids

# The type of a parameter in every statement that takes it, if it is not text. A missing cast would show here.
TYPES = {
    name: type
    for type, names in {
        "bool": "active anyone open gone is_colleague is_correctable is_quiet newly_marked plain ready_only retries "
        "same_types settles unsure with_body with_notices",
        "bytea": "claim_id request_hash",
        "float8": "again_in amount burst max_age quiet_seconds rate within",
        "int4": "after_number after_priority attempt attempt_count escalation_step max_attempts days expires_in failed "
        "max_failing_seconds overlap version",
        "int8": "limit max_active max_bytes max_cards max_in_flight max_pending max_receivers max_size past",
        "jsonb": "added_addresses addresses agent answered answers asked_addresses blocker detail end_reason evidence "
        "fixes forms given metadata monitor_policy moved moves never_posted never_shown outcome previous_owner "
        "reason refusal replies request resolved_by return_owner round_forms round_request unable wake_policy unserved",
        "timestamptz": "after after_created_at due_at ended_at escalated_at last_attempt_at now resolved_at since "
        "timeout_at",
        "text[]": "round_responders source_ids source_types statuses ends home_teams kinds names payloads "
        "responders tags truncated types",
        "uuid": "incident_id blocker_id made_id round_id thing_id after_event_id after_id after_organization_id "
        "before callback_target card_id connection_id depends_on_id endpoint_id event_id expired_id id interaction_id "
        "item_id key_id leased_id organization_id stray_id supersedes target_id",
        "bytea[]": "digests",
        "int4[]": "attempts numbers",
        "uuid[]": "card_ids connection_ids round_ids event_ids ids interaction_ids organization_ids",
    }.items()
    for name in names.split()
}
# Parameters whose type depends on the statement.
TYPES |= {"keys.create.digest": "bytea", "keys.of_digest.digest": "bytea"}
TYPES |= {"interactions.open.superseded_event_id": "uuid", "recoveries.apply.outcome": "text"}
TYPES |= {"cards.lease.seconds": "int4", "cards.retry.seconds": "float8", "throttles.hold.seconds": "float8"}
TYPES |= {"deliveries.lease.seconds": "int4", "deliveries.renew.seconds": "int4", "deliveries.failed.seconds": "float8"}
TYPES |= {"webhook_endpoints.disable.reason": "text", "serving.renew.seconds": "int4"}
TYPES |= {"notes.lease.seconds": "int4", "notes.mark_maybe_sent.seconds": "int4", "notes.put_off.seconds": "float8"}
TYPES |= {"notes.lease_edits.seconds": "int4", "notes.put_off_edit.seconds": "float8", "fixes.due.seconds": "float8"}
TYPES |= {"fixes.handover.outcome": "text"}
TYPES |= {"work_items.apply.dependencies": "jsonb", "work_items.lease.by": "jsonb"}
TYPES |= {"work_items.lease.seconds": "int4", "work_items.due.seconds": "float8"}
TYPES |= {"forms.opened.seconds": "float8", "recoveries.due.seconds": "float8", "things.reached.after": "int4"}
TYPES |= {"form_pages.keep.form": "bytea", "form_pages.keep.page": "int4", "form_pages.keep.entered": "jsonb"}
TYPES |= {"form_pages.asked.form": "bytea", "form_pages.kept.form": "bytea", "form_pages.keep.claim_id": "bytea"}
TYPES |= {f"receipts.{name}.seconds": "float8" for name in ("acknowledge", "record", "mark_unacknowledged")}


async def test_every_statement_fits_the_schema_and_gives_what_is_read(db: Database) -> None:
    async with db.acquire() as connection:
        columns = await _columns_of_nouns(connection)
        for statement in STATEMENTS:
            name = f"{statement.table}.{statement.name}"
            prepared = await connection.prepare(statement.sql)
            given = [attribute.name for attribute in prepared.get_attributes()]
            assert len(given) == len(set(given)), f"{name} returns two columns of one name"
            if statement.rows is Rows.NONE:
                assert not given and name not in READ, f"{name} returns rows that no code reads"
            else:
                assert set(given) == READ[name], f"{name} does not return the columns that are read"
            for parameter, type in zip(statement.parameters, prepared.get_parameters(), strict=True):
                column = columns.get(f"{name}.{parameter}")
                wanted = TYPES.get(f"{name}.{parameter}") or column or TYPES.get(parameter, "text")
                assert type.name == wanted, f"{name} takes {parameter} as {type.name}"


async def _columns_of_nouns(connection: Runs) -> dict[str, str]:
    """The types of the parameters of each noun's `apply` that are columns of its own."""
    found = {}
    for noun in NOUNS.values():
        for name, type in await connection.fetch(
            "select column_name, udt_name from information_schema.columns where table_name = $1", noun.table.name
        ):
            if name in noun.table.columns:
                found[f"{noun.table.name}.apply.{name}"] = f"{type[1:]}[]" if type.startswith("_") else type
    return found


def test_no_line_is_left_for_a_statement_that_is_gone() -> None:
    assert READ.keys() <= {f"{statement.table}.{statement.name}" for statement in STATEMENTS}
