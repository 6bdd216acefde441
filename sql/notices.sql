-- Hints between replicas. Nothing is stored: whoever misses one looks by itself.

-- name: tell :many
-- Tell every listener, in as many notices as there are payloads.
select pg_notify('askbridge', payload) as told
from unnest($payloads::text[]) as payloads (payload);

-- name: limited :one
-- Whether a connection has the limits that it asked for: a pooler may have thrown them away.
select current_setting('statement_timeout') <> '0' as limited;
