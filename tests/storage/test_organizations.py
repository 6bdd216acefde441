"""Organizations: disabled with all that they have, and deleted with all their rows and no others."""

import pytest

from bridge import ids
from storage import connections, events, form_pages, interactions, keys, organizations, serving, throttles
from storage.form_pages import FormKey, KeptPages
from storage.interactions import Disconnected
from storage.model import Intent, Interaction, Status
from storage.organizations import StillActive
from storage.pool import Database
from storage.throttles import Bucket
from tests.bridge.things import noting, recoveries
from tests.bridge.things.fix.agents import Proposer
from tests.bridge.things.incident.agents import Opener
from tests.storage import build
from tests.storage.build import Tenant
from tests.storage.claim_checks import unwaited
from tests.storage.elapse import set_deadline
from tests.storage.scope_checks import TENANT
from tests.storage.test_connections import connect
from tests.storage.work_checks import Backlog


async def counts(db: Database, tenant: Tenant) -> dict[str, int]:
    """Return how many rows of each table belong to this organization."""
    found = {}
    for table in sorted(TENANT):
        (row,) = await db.fetch(
            f"select count(*) as rows from {table} where organization_id = $1", tenant.scope.organization_id
        )
        found[table] = row["rows"]
    return found


async def lived(db: Database) -> Tenant:
    """An organization with rows in every table."""
    tenant = await build.tenant(db)
    await build.endpoint(db, tenant)
    for _ in range(5):
        await unwaited(db, build.click(await build.question(db, tenant)))
    await _kept_page(db, tenant, await build.question(db, tenant, answers={}, forms=build.ANSWERS))
    await serving.renew(db, [tenant.scope])
    await throttles.take(db, tenant.scope.organization_id, "requests", Bucket(rate=1, burst=5), amount=1)
    return tenant


async def _kept_page(db: Database, tenant: Tenant, question: Interaction) -> None:
    """What a person entered on the first page of a form that is still open."""
    opening = build.click(question, intent=Intent.OPEN)
    await unwaited(db, opening)
    key = FormKey(scope=tenant.scope, interaction_id=question.id, form=opening.claim_id, user_id=opening.user_id)
    pages = KeptPages(page=1, entered={"texts": {"v0": "1"}, "selected": {}})
    await form_pages.keep(db, key, pages, claim_id=opening.claim_id)
    assert await form_pages.kept(db, key) == pages


async def disable(db: Database, tenant: Tenant) -> organizations.OrganizationDisabled:
    done = await organizations.disable(db, tenant.scope.organization_id, new_id=ids.new)
    assert done is not None
    return done


async def test_disabling_refuses_its_keys_disables_its_connections_and_cancels_what_is_open(
    db: Database, tenant: Tenant
) -> None:
    neighbour = await build.tenant(db)
    await connect(db, tenant.scope.organization_id, team_id="T0SECOND")
    question = await build.question(db, tenant)

    done = await disable(db, tenant)

    assert (done.cancelled, done.organization.disabled_at is not None) == (1, True)
    assert await keys.of_secret(db, tenant.secret) is None
    assert await connections.of_organization(db, tenant.scope.organization_id) == []
    assert (await build.read(db, tenant, question.id)).status is Status.CANCELLED
    assert isinstance(await interactions.open(db, build.opening(tenant)), Disconnected)
    assert await keys.of_secret(db, neighbour.secret) is not None
    assert len(await connections.of_organization(db, neighbour.scope.organization_id)) == 1


async def test_an_enabled_organization_has_its_keys_again_and_its_connections_when_they_are_enabled(
    db: Database, tenant: Tenant
) -> None:
    await disable(db, tenant)

    enabled = await organizations.enable(db, tenant.scope.organization_id)

    assert enabled is not None and enabled.disabled_at is None
    assert await keys.of_secret(db, tenant.secret) is not None
    assert await connections.of_organization(db, tenant.scope.organization_id) == []


async def test_disabling_again_keeps_the_first_time_and_an_unknown_organization_is_not_found(
    db: Database, tenant: Tenant
) -> None:
    first = await disable(db, tenant)

    assert (await disable(db, tenant)).organization == first.organization
    assert await organizations.disable(db, ids.new(), new_id=ids.new) is None
    assert await organizations.enable(db, ids.new()) is None


@pytest.mark.parametrize("limit", [2, 1000])
async def test_deleting_leaves_no_row_of_it_and_every_row_of_its_neighbour(db: Database, limit: int) -> None:
    tenant, neighbour = await lived(db), await lived(db)
    for each in (tenant, neighbour):
        recovery = await recoveries.opened(db, each)
        await db.fetch(
            "insert into thing_requests (organization_id, idempotency_key, request_hash, thing_id) "
            "values ($1, 'k', '', $2)",
            each.scope.organization_id,
            recovery.after.thing.id,
        )
        await noting.noted(db, each.scope, recovery.after.thing.id, "a note")
        agent = Opener(db=db, tenant=each, run="r")
        await agent.update((await agent.create()).settled.after.thing.id, "x")
        await Proposer(db=db, tenant=each).propose()
        backlog = Backlog(db=db, tenant=each)
        await backlog.add([await backlog.add()])
    await events.number(db)
    before, rows = await counts(db, neighbour), sum((await counts(db, tenant)).values())
    assert all(before.values())
    done = await disable(db, tenant)
    await events.number(db)

    deleted = await organizations.delete(db, tenant.scope.organization_id, limit=limit)

    assert set((await counts(db, tenant)).values()) == {0}
    assert await counts(db, neighbour) == before
    # Each cancelled one has one event more, and a delivery to an endpoint; with their things go five histories, a
    # request, a recovery with its note, an incident with its update, the note of that, and its run, a fix, two work
    # items with a dependency; with its question goes what was kept of a form.
    assert deleted == rows + 2 * done.cancelled - 17


async def test_an_active_organization_is_not_deleted(db: Database) -> None:
    tenant = await lived(db)
    before = await counts(db, tenant)

    with pytest.raises(StillActive):
        await organizations.delete(db, tenant.scope.organization_id)

    assert await counts(db, tenant) == before


async def test_what_may_still_be_on_a_screen_is_counted(db: Database) -> None:
    tenant = await lived(db)
    id = tenant.scope.organization_id
    assert await organizations.outstanding(db, id) is None
    await db.fetch("update cards set shown = wanted where organization_id = $1", id)
    late = await build.question(db, tenant)
    await set_deadline(db, late.id)
    await disable(db, tenant)
    owed = await organizations.outstanding(db, id)
    await events.number(db)

    outstanding = await organizations.outstanding(db, id)

    # Before the events have their positions, each of them may still cause a delivery.
    (written,) = await db.fetch("select count(*) from events where organization_id = $1 and type <> 'card.settled'", id)
    assert owed is not None and owed.deliveries == written["count"]
    # The card of the late interaction was never shown, and that of the open one is due to show the cancellation.
    # Five interactions were answered and one was cancelled since the endpoint was made; none was delivered yet.
    assert outstanding is not None and (outstanding.questions, outstanding.cards, outstanding.deliveries) == (1, 2, 6)
    assert 0 <= outstanding.seconds < 60


async def test_all_organizations_are_listed_oldest_first(db: Database) -> None:
    made = [(await build.tenant(db)).scope.organization_id for _ in range(3)]

    assert [one.organization_id for one in await organizations.every(db)] == made
