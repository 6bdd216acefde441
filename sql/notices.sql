-- Hints between replicas. Nothing is stored: a replica that misses a hint finds the change when it next polls.

-- name: notify :many
-- Send one notification to every listener for each payload.
select pg_notify('askbridge', payload) as notified
from unnest($payloads::text[]) as payloads (payload);

-- name: limited :one
-- Whether the connection has the time limits that its client requested: a pooler may have discarded them.
select current_setting('statement_timeout') <> '0' as limited;
