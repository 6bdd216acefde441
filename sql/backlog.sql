-- What waits, in numbers for whoever watches a replica: over all organizations, and of nobody in particular.

-- name: look :one
-- For how many seconds the oldest duty to show a card on these connections has been due, how many questions are open,
-- counted up to $most, and, $with_notices, which part of the server's queue of notices is full. Scans all organizations.
select
    (
        select extract(epoch from statement_timestamp() - due_at)::float8
        from cards
        where
            connection_id = any ($connection_ids::uuid[])
            and shown < wanted
            and given_up_at is null
            and due_at <= statement_timestamp()
        order by due_at
        limit 1
    ) as cards_age,
    (
        select count(*)
        from (select from interactions where status = 'pending' order by expires_at limit $most) as counted
    ) as open,
    case when $with_notices::boolean then pg_notification_queue_usage() end as notices;
