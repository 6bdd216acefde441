"""Keys: shown once, kept as a digest, and worth nothing once revoked."""

from uuid import UUID

import asyncpg
import pytest

from bridge import ids
from storage import keys, organizations
from storage.pool import Database
from tests.storage import build
from tests.storage.build import Tenant


async def make(db: Database, tenant: Tenant, *, name: str = "deploy-bot") -> tuple[UUID, str]:
    key, secret = await keys.create(db, organization_id=tenant.scope.organization_id, id=ids.new(), name=name)
    return key.id, secret


async def test_a_presented_key_is_found_with_its_organization(db: Database, tenant: Tenant) -> None:
    id, secret = await make(db, tenant, name="review-bot")

    key = await keys.of_secret(db, secret)

    assert key is not None
    assert (key.organization_id, key.id, key.name) == (tenant.scope.organization_id, id, "review-bot")
    assert secret.startswith(key.prefix) and len(key.prefix) < len(secret) / 4


async def test_nothing_stored_could_open_a_door(db: Database, tenant: Tenant) -> None:
    _, secret = await make(db, tenant)

    stored = [str(dict(row)) for row in await db.fetch("select * from keys")]

    assert not any(secret in row or secret.encode().hex() in row for row in stored)
    assert keys.digest(secret) in [row["digest"] for row in await db.fetch("select digest from keys")]


async def test_no_two_keys_are_alike(db: Database, tenant: Tenant) -> None:
    assert len({(await make(db, tenant))[1] for _ in range(20)}) == 20


async def test_a_revoked_key_is_unknown_and_its_neighbour_is_not(db: Database, tenant: Tenant) -> None:
    id, secret = await make(db, tenant)

    revoked = await keys.revoke(db, organization_id=tenant.scope.organization_id, id=id)

    assert revoked is not None and revoked.revoked_at is not None
    assert await keys.of_secret(db, secret) is None
    assert await keys.of_secret(db, tenant.secret) is not None


async def test_a_key_revoked_again_keeps_its_first_time(db: Database, tenant: Tenant) -> None:
    id, _ = await make(db, tenant)

    first = await keys.revoke(db, organization_id=tenant.scope.organization_id, id=id)

    assert first is not None
    assert await keys.revoke(db, organization_id=tenant.scope.organization_id, id=id) == first


async def test_another_organization_can_neither_see_a_key_nor_revoke_it(db: Database, tenant: Tenant) -> None:
    id, secret = await make(db, tenant)
    other = (await build.tenant(db)).scope.organization_id

    assert await keys.revoke(db, organization_id=other, id=id) is None

    assert await keys.of_secret(db, secret) is not None
    assert id not in [key.id for key in await keys.of_organization(db, other)]


async def test_the_keys_of_an_organization_are_listed_oldest_first_with_the_revoked_ones(
    db: Database, tenant: Tenant
) -> None:
    (first,) = await keys.of_organization(db, tenant.scope.organization_id)
    second, _ = await make(db, tenant, name="review-bot")
    await keys.revoke(db, organization_id=tenant.scope.organization_id, id=first.id)

    listed = await keys.of_organization(db, tenant.scope.organization_id)

    assert [(key.id, key.revoked_at is None) for key in listed] == [(first.id, False), (second, True)]


@pytest.mark.parametrize("change", [lambda secret: secret[:-1], lambda secret: secret + "A", lambda _: "", str.upper])
async def test_what_is_almost_a_key_is_unknown(db: Database, tenant: Tenant, change: object) -> None:
    assert callable(change)
    assert await keys.of_secret(db, change(tenant.secret)) is None


async def test_one_digest_is_one_key_in_the_whole_database(db: Database, tenant: Tenant) -> None:
    other = await build.tenant(db)

    with pytest.raises(asyncpg.exceptions.UniqueViolationError, match="keys_digest"):
        await db.fetch(
            "insert into keys (organization_id, id, name, prefix, digest) values ($1, $2, 'copy', 'askb_', $3)",
            other.scope.organization_id,
            ids.new(),
            keys.digest(tenant.secret),
        )


async def test_of_many_keys_those_that_still_open_doors_are_told_at_once(db: Database, tenant: Tenant) -> None:
    mine = tenant.scope.organization_id
    (good, _), (revoked, _) = await make(db, tenant), await make(db, tenant)
    disabled = await build.tenant(db)
    await keys.revoke(db, organization_id=mine, id=revoked)
    await organizations.disable(db, disabled.scope.organization_id, new_id=ids.new)
    used = [(mine, good), (mine, revoked), (ids.new(), good), (disabled.scope.organization_id, disabled.key_id)]

    assert await keys.valid(db, used) == {(mine, good)}
