-- Agents' API keys, of which only digests are stored.

-- name: create :one
-- Store the digest of a new key.
insert into keys (organization_id, id, name, prefix, digest)
values ($organization_id, $id, $name, $prefix, $digest)
returning organization_id, id, name, prefix, created_at, revoked_at;

-- name: of_digest :maybe
-- The key with this digest, unless it is revoked or its organization disabled. Found without the organization, because
-- a request presents the key alone.
with presented as (
    select organization_id, id, name, prefix, created_at, revoked_at
    from keys
    where digest = $digest and revoked_at is null
)
select organization_id, id, name, prefix, created_at, revoked_at
from presented
where
    exists (
        select
        from organizations
        where organizations.organization_id = presented.organization_id and organizations.disabled_at is null);

-- name: of_digests :many
-- As of_digest, for many digests at once; one by one by the index, however few keys the table has.
with presented as (
    select organization_id, id, name, prefix, created_at, revoked_at, digest
    from unnest($digests::bytea[]) as given (wanted), lateral (
        select organization_id, id, name, prefix, created_at, revoked_at, digest
        from keys
        where digest = wanted and revoked_at is null
        limit 1
    ) as found
)
select organization_id, id, name, prefix, created_at, revoked_at, digest
from presented, lateral (
    select
    from organizations
    where organizations.organization_id = presented.organization_id and organizations.disabled_at is null
    limit 1
) as active;

-- name: of_organization :many
-- Every key of one organization, including the revoked ones, oldest first.
select organization_id, id, name, prefix, created_at, revoked_at
from keys
where organization_id = $organization_id
order by created_at, id;

-- name: revoke :maybe
-- Revoke a key. Repeated, it keeps the time of the first call.
update keys
set revoked_at = coalesce(revoked_at, clock_timestamp())
where organization_id = $organization_id and id = $id
returning organization_id, id, name, prefix, created_at, revoked_at;

-- name: valid :many
-- Those of these keys that are still valid.
select keys.organization_id, keys.id
from unnest($organization_ids::uuid[], $ids::uuid[]) as used (organization_id, id)
join keys on keys.organization_id = used.organization_id and keys.id = used.id
join organizations on organizations.organization_id = used.organization_id
where keys.revoked_at is null and organizations.disabled_at is null;
