"""Whose a key is: true at once, cheap for those who guess, and never closed to those who have one."""

import asyncio

import pytest

from bridge import ids
from bridge.agents.auth.key_lookup import KeyLookup
from storage import keys
from storage.pool import Database
from tests.bridge.replica import Counting
from tests.storage import build
from tests.storage.build import Tenant


@pytest.fixture
async def tenant(db: Database) -> Tenant:
    return await build.tenant(db)


@pytest.fixture
def counting(db: Database) -> Counting:
    return Counting(db)


async def guess(keyring: KeyLookup, number: int, *, mark: str = "") -> None:
    """Present so many keys that nobody has, all at once."""
    found = await asyncio.gather(*(keyring.find(f"askb_{mark}{guess}") for guess in range(number)))

    assert found == [None] * number


async def test_a_thousand_guesses_cost_a_few_statements(counting: Counting) -> None:
    keyring = KeyLookup(counting)
    before = 20 + len(counting.statements)

    for wave in range(5):
        await guess(keyring, 200, mark=f"{wave}_")

    assert len(counting.statements) - before <= 10


async def test_a_key_that_is_known_is_looked_up_by_itself_amid_guesses(counting: Counting, tenant: Tenant) -> None:
    keyring = KeyLookup(counting)
    assert await keyring.find(tenant.secret)
    await guess(keyring, 40)
    guessing = asyncio.create_task(guess(keyring, 200, mark="more_"))
    await asyncio.sleep(0)

    found = await keyring.find(tenant.secret)

    assert found is not None and not guessing.done()
    await guessing


async def test_a_valid_key_that_never_came_before_gets_in_amid_guesses(counting: Counting, tenant: Tenant) -> None:
    keyring = KeyLookup(counting)
    await guess(keyring, 40)

    found, _ = await asyncio.gather(keyring.find(tenant.secret), guess(keyring, 500, mark="more_"))

    assert found is not None and found.id == tenant.key_id


@pytest.mark.parametrize("guesses", [0, 40])
async def test_a_revoked_key_and_one_of_a_disabled_organization_are_nobody_s_at_once(
    db: Database, tenant: Tenant, guesses: int
) -> None:
    keyring = KeyLookup(db)
    neighbour = await build.tenant(db)
    assert await keyring.find(tenant.secret) and await keyring.find(neighbour.secret)
    await guess(keyring, guesses)
    await keys.revoke(db, organization_id=tenant.scope.organization_id, id=tenant.key_id)
    await db.fetch(
        "update organizations set disabled_at = clock_timestamp() where organization_id = $1",
        neighbour.scope.organization_id,
    )

    for _ in range(2):  # known, and then a strange one
        assert await keyring.find(tenant.secret) is None
        assert await keyring.find(neighbour.secret) is None


async def test_guesses_are_forgiven_with_time(counting: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.agents.auth.key_lookup._FORGIVEN", 0.01)
    keyring = KeyLookup(counting)
    await guess(keyring, 1000)
    async with asyncio.timeout(10):
        while True:
            before = len(counting.statements)
            await asyncio.gather(keyring.find("askb_one"), keyring.find("askb_two"))
            if len(counting.statements) - before == 2:
                return
            await asyncio.sleep(0.02)


async def test_nothing_is_kept_of_what_was_guessed(db: Database) -> None:
    keyring = KeyLookup(db)
    for wave in range(3):
        await guess(keyring, 300, mark=f"{wave}_")

    assert len(keyring._owners) == 0 and not keyring._next.digests


async def test_whose_a_key_was_is_remembered_until_it_is_nobody_s(db: Database, tenant: Tenant) -> None:
    keyring = KeyLookup(db)
    assert keyring.owner(tenant.secret) is None
    await keyring.find(tenant.secret)
    assert keyring.owner(tenant.secret) == tenant.scope.organization_id

    await keys.revoke(db, organization_id=tenant.scope.organization_id, id=tenant.key_id)
    await keyring.find(tenant.secret)

    assert keyring.owner(tenant.secret) is None


async def test_keys_are_found_for_many_at_once_as_for_each(db: Database, tenant: Tenant) -> None:
    _, second = await keys.create(db, organization_id=tenant.scope.organization_id, id=ids.new(), name="second")
    digests = [keys.digest(secret) for secret in (tenant.secret, second, "askb_no")]

    found = await keys.of_digests(db, digests)

    assert list(found) and found == {
        digest: await keys.of_secret(db, secret)
        for digest, secret in zip(digests[:2], (tenant.secret, second), strict=True)
    }
