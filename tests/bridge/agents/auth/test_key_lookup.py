"""The lookup of keys: correct at once, cheap when keys are guessed, and never closed to a valid key."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bridge import ids
from bridge.agents.auth.key_lookup import KeyLookup
from storage import keys
from storage.pool import Database
from tests.bridge.replica import Counting
from tests.storage import build
from tests.storage.build import Tenant
from tests.waiting import until


@pytest.fixture
async def tenant(db: Database) -> Tenant:
    return await build.tenant(db)


@pytest.fixture
def counting(db: Database) -> Counting:
    return Counting(db)


async def guess(lookup: KeyLookup, number: int, *, mark: str = "") -> None:
    """Look up so many keys that do not exist, all at once."""
    found = await asyncio.gather(*(lookup.find(f"askb_{mark}{guess}") for guess in range(number)))

    assert found == [None] * number


async def test_a_thousand_guesses_cost_a_few_statements(counting: Counting) -> None:
    lookup = KeyLookup(counting)
    before = 20 + len(counting.statements)

    for wave in range(5):
        await guess(lookup, 200, mark=f"{wave}_")

    assert len(counting.statements) - before <= 10


async def test_a_key_that_is_known_is_looked_up_by_itself_amid_guesses(counting: Counting, tenant: Tenant) -> None:
    lookup = KeyLookup(counting)
    assert await lookup.find(tenant.secret)
    await guess(lookup, 40)
    guessing = asyncio.create_task(guess(lookup, 200, mark="more_"))
    await asyncio.sleep(0)

    found = await lookup.find(tenant.secret)

    assert found is not None and not guessing.done()
    await guessing


async def test_a_valid_key_that_never_came_before_gets_in_amid_guesses(counting: Counting, tenant: Tenant) -> None:
    lookup = KeyLookup(counting)
    await guess(lookup, 40)

    found, _ = await asyncio.gather(lookup.find(tenant.secret), guess(lookup, 500, mark="more_"))

    assert found is not None and found.id == tenant.key_id


@pytest.mark.parametrize("guesses", [0, 40])
async def test_a_revoked_key_and_one_of_a_disabled_organization_are_refused_at_once(
    db: Database, tenant: Tenant, guesses: int
) -> None:
    lookup = KeyLookup(db)
    neighbour = await build.tenant(db)
    assert await lookup.find(tenant.secret) and await lookup.find(neighbour.secret)
    await guess(lookup, guesses)
    await keys.revoke(db, organization_id=tenant.scope.organization_id, id=tenant.key_id)
    await db.fetch(
        "update organizations set disabled_at = clock_timestamp() where organization_id = $1",
        neighbour.scope.organization_id,
    )

    for _ in range(2):  # remembered, and then unfamiliar
        assert await lookup.find(tenant.secret) is None
        assert await lookup.find(neighbour.secret) is None


async def test_guesses_are_forgiven_with_time(counting: Counting) -> None:
    lookup = KeyLookup(counting, regain_seconds=0.01)
    await guess(lookup, 1000)

    async def is_forgiven() -> bool:
        before = len(counting.statements)
        await guess(lookup, 2)
        return len(counting.statements) - before == 2

    look: Callable[[], Awaitable[bool]] = is_forgiven
    await until(look, lambda answer: answer)


async def test_nothing_is_kept_of_what_was_guessed(db: Database) -> None:
    lookup = KeyLookup(db)
    for wave in range(3):
        await guess(lookup, 300, mark=f"{wave}_")

    assert lookup.remembered_count == lookup.batched_count == 0


async def test_the_owner_of_a_key_is_remembered_until_it_is_refused(db: Database, tenant: Tenant) -> None:
    lookup = KeyLookup(db)
    assert lookup.owner(tenant.secret) is None
    await lookup.find(tenant.secret)
    assert lookup.owner(tenant.secret) == tenant.scope.organization_id

    await keys.revoke(db, organization_id=tenant.scope.organization_id, id=tenant.key_id)
    await lookup.find(tenant.secret)

    assert lookup.owner(tenant.secret) is None


async def test_keys_are_found_for_many_at_once_as_for_each(db: Database, tenant: Tenant) -> None:
    _, second = await keys.create(db, organization_id=tenant.scope.organization_id, id=ids.new(), name="second")
    digests = [keys.digest(secret) for secret in (tenant.secret, second, "askb_no")]

    found = await keys.of_digests(db, digests)

    assert list(found) and found == {
        digest: await keys.of_secret(db, secret)
        for digest, secret in zip(digests[:2], (tenant.secret, second), strict=True)
    }
