"""Every statement is scoped to its organization, and the check of that finds every statement without its scope."""

import dataclasses
import re
from collections.abc import Iterator

import pytest

from bridge.things.registry import NOUNS
from storage import statements
from storage.statements import Statement
from tests.storage.scope_checks import TENANT, unscoped
from tests.storage.test_statements import STATEMENTS

# The accesses that are not scoped to an organization, and the reasons.
EXCEPTIONS = {
    "keys.of_digest": (["presented: keys"], "a request presents the key alone, without its organization"),
    "keys.of_digests": (["presented, sub-select: keys"], "as of_digest, for many"),
    "connections.of_installation": (["main: connections"], "a click names its workspace, never an organization"),
    "connections.disabled_of_installation": (["main: connections"], "as of_installation, for one that is disabled"),
    "organizations.every": (["main: organizations"], "the operator's list of all organizations"),
    "connections.degraded": (
        ["active: connections"],
        "an operator is told of the connections of all organizations",
    ),
    "cards.lease": (
        ["waiting, sub-select: cards", "waiting, sub-select: cards"],
        "the card loop walks from connection to connection, whichever organizations they belong to",
    ),
    "serving.note": (
        ["waiting, sub-select: cards", "waiting, sub-select: cards"],
        "as the lease of cards, to find connections that were never served",
    ),
    "serving.shelve": (
        ["waiting, sub-select: cards", "waiting, sub-select: cards"],
        "as the lease of cards, to find connections that no replica serves",
    ),
    "backlog.look": (
        [
            *("receivers, sub-select: deliveries", "receivers, sub-select: deliveries"),
            "waiting, sub-select: deliveries",
            *("main, sub-select, sub-select: events", "main, sub-select, sub-select: interactions"),
        ],
        "an operator's alarms are for all organizations; it returns numbers only",
    ),
    "events.number": (
        ["waiting, sub-select: events", "waiting, sub-select: events"],
        "the numbering loop numbers the due events of all organizations",
    ),
    "deliveries.resume": (
        ["due: deliveries", "main, sub-select: deliveries"],
        "the delivery loop resumes postponed deliveries of all organizations",
    ),
    "deliveries.lease": (
        ["receivers, sub-select: deliveries", "receivers, sub-select: deliveries", "busy: deliveries"],
        "the delivery loop walks from receiver to receiver, of all organizations",
    ),
    "deadlines.expire": (
        ["due: interactions", "last_calls: interactions", "next_call: interactions", "following: interactions"],
        "the expiry loop ends what is due, makes last calls, and looks for the next of both, in all organizations",
    ),
    "receipts.mark_unacknowledged": (["late: interactions"], "the loop marks late answers of all organizations"),
    "retention.hold": (["main: interactions"], "retention deletes old interactions of all organizations"),
    "retention.hold_things": (["main: things"], "as hold, for things"),
    "things.overlooked": (
        ["lost: interactions", "open: things", "late, sub-select: notes", "late, sub-select: notes"],
        "a loop opens rounds that are missing, and looks for notes that wait, of all organizations",
    ),
    "notes.hold_cards": (["due: notes"], "the notes loop posts what is due, of all organizations"),
    "notes.lease_edits": (["due: notes"], "as hold_cards, for notes that are to lose their buttons"),
    "fixes.due": (["due: fixes"], "a loop reminds people of what is due, of all organizations"),
    "work_items.due": (["due: work_items"], "a loop ends leases that have expired, of all organizations"),
    "recoveries.due": (["due: recoveries"], "a loop escalates what is due, of all organizations"),
    "retention.forget_endpoints": (["old: webhook_endpoints"], "as hold, for endpoints that were deleted"),
    "retention.retire_endpoints": (["old: webhook_endpoints"], "as hold, for endpoints that stayed disabled"),
    "retention.forget_throttles": (["full_ones: throttles"], "as hold, for rate limits that nothing uses"),
    "retention.forget_clicks": (["old: clicks"], "as hold, for clicks on no interaction"),
}


SCOPE = re.compile(
    r"(?:\w+\.)?organization_id = (?:\$organization_id|\w+\.organization_id)"
    r"|(?<=on conflict \()organization_id, "  # without it, another tenant's row would be in the way
    r"|\$organization_id,\s"  # the value of a new row
)


def name(statement: Statement) -> str:
    return f"{statement.table}.{statement.name}"


def test_every_table_but_the_list_of_migrations_belongs_to_an_organization() -> None:
    assert {
        *("organizations", "keys", "connections", "interactions", "cards", "clicks", "events", "throttles"),
        *("webhook_endpoints", "deliveries", "serving", "things", "history", "thing_requests", "notes"),
        *("incident_updates", "incident_runs", "work_dependencies", "form_pages"),
        *(noun.table.name for noun in NOUNS.values()),
    } == TENANT


@pytest.mark.parametrize("statement", STATEMENTS, ids=name)
def test_every_statement_stays_in_its_organization(statement: Statement) -> None:
    excepted, _ = EXCEPTIONS.get(name(statement), ([], ""))

    assert unscoped(statement) == excepted


def test_no_exception_is_left_for_a_statement_that_is_gone() -> None:
    assert EXCEPTIONS.keys() <= {name(statement) for statement in STATEMENTS}


def without_one_scope(statement: Statement) -> Iterator[tuple[str, Statement]]:
    """Yield the statement once for each place of the organization, with the organization removed there."""
    for scope in SCOPE.finditer(statement.text):
        text = scope.string[: scope.start()] + ("true" if "=" in scope[0] else "") + scope.string[scope.end() :]
        yield scope.string[max(0, scope.start() - 60) : scope.end()], dataclasses.replace(statement, text=text)


@pytest.mark.parametrize("statement", STATEMENTS, ids=name)
def test_a_scope_that_is_taken_out_anywhere_is_missed(statement: Statement) -> None:
    excepted, _ = EXCEPTIONS.get(name(statement), ([], ""))

    for place, changed in without_one_scope(statement):
        assert unscoped(changed) != excepted, f"the check does not miss it here: …{place}"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("select id from cards", "main: cards"),
        ("select id from cards where id = $id", "main: cards"),
        ("select id from cards as c where c.organization_id = $other", "main: cards"),
        ("delete from cards where id = $id", "main: cards"),
        ("update cards set ts = $ts where id = $id", "main: cards"),
        ("insert into cards (id, organization_id) values ($id, $organization_id)", "main: insert into cards"),
        ("insert into cards (organization_id, id) select organization_id, id from clicks", "main: insert into cards"),
        (
            """select 1 from cards join clicks on cards.organization_id = clicks.organization_id
            where clicks.organization_id = $organization_id""",
            "main: cards",
        ),
        (
            """with mine as (select id from cards)
            select id from clicks where organization_id = $organization_id and exists (select from mine)""",
            "mine: cards",
        ),
        (
            "select id from clicks where organization_id = $organization_id and id in (select id from cards)",
            "main, sub-select: cards",
        ),
    ],
)
def test_statements_without_their_scope_are_found_out(text: str, problem: str) -> None:
    statement = statements.parse("cards", f"-- name: wrong :many\n-- Wrong.\n{text};")["wrong"]

    assert problem in unscoped(statement)
