-- Agents' API keys, by digest.

-- name: create :one
-- Store the digest of a new key.
insert into keys (organization_id, id, name, prefix, digest)
values ($organization_id, $id, $name, $prefix, $digest)
returning organization_id, id, name, prefix, created_at, revoked_at;

-- name: of_digest :maybe
-- The key with this digest, unless revoked. Found without its organization: whoever presents a key has not said whose.
select organization_id, id, name, prefix, created_at, revoked_at
from keys
where digest = $digest and revoked_at is null;
