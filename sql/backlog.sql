-- What waits, in numbers for whoever watches a replica: over all organizations, and of nobody in particular.

-- name: look :one
-- For how many seconds the oldest duty to show a card on these connections has been due, the oldest to give an event its
-- position and deliveries, and the oldest to call a receiver that no replica calls and that could have it now; how many
-- questions are open, counted up to $most, and, $with_notices, which part of the server's queue of notices is full. Walks
-- from receiver to receiver, as the lease of deliveries does, but not past $receivers of them. Scans all organizations.
with recursive receivers as (
    select organization_id, target_id
    from (
        select organization_id, target_id
        from deliveries
        where status = 'pending' and not put_off
        order by organization_id, target_id
        limit 1
    ) as first
    union all
    select following.organization_id, following.target_id
    from receivers
    cross join lateral (
        select organization_id, target_id
        from deliveries
        where
            status = 'pending'
            and not put_off
            and (organization_id, target_id) > (receivers.organization_id, receivers.target_id)
        order by organization_id, target_id
        limit 1
    ) as following
),
walked as (
    select organization_id, target_id
    from receivers
    limit $receivers
),
waiting as (
    select oldest.due_at
    from walked
    cross join lateral (
        select due_at
        from deliveries
        where
            deliveries.organization_id = walked.organization_id
            and deliveries.target_id = walked.target_id
            and status = 'pending'
            and not put_off
            and due_at <= statement_timestamp()
            and (leased_until is null or leased_until <= statement_timestamp())
        order by due_at
        limit 1
    ) as oldest
    cross join lateral (
        select count(*) as number
        from deliveries
        where
            deliveries.organization_id = walked.organization_id
            and deliveries.target_id = walked.target_id
            and leased_until > statement_timestamp()
    ) as busy
    where busy.number < $each
    union all
    ( -- what was put off is taken up by the next look at the latest, however busy its receiver is
        select due_at
        from deliveries
        where status = 'pending' and put_off and due_at <= statement_timestamp()
        order by due_at
        limit 1
    )
),
served as (
    select organization_id, connection_id
    from unnest($organization_ids::uuid[], $connection_ids::uuid[]) as settings (organization_id, connection_id)
)
select
    (
        select extract(epoch from statement_timestamp() - min(oldest.due_at))::float8
        from served
        cross join lateral (
            select due_at
            from cards
            where
                cards.organization_id = served.organization_id
                and cards.connection_id = served.connection_id
                and shown < wanted
                and shelved < wanted
                and given_up_at is null
                and due_at <= statement_timestamp()
            order by due_at
            limit 1
        ) as oldest
    ) as cards_age,
    (
        select extract(epoch from statement_timestamp() - min(at))::float8
        from (
            select at
            from events
            where (owed or (position is null and type not like 'card.%')) and interaction_id is not null
            order by organization_id, at
            limit $most
        ) as due
    ) as events_age,
    (select extract(epoch from statement_timestamp() - min(due_at))::float8 from waiting) as deliveries_age,
    (
        select count(*)
        from (select from interactions where status = 'pending' order by expires_at limit $most) as counted
    ) as open,
    case when $with_notices::boolean then pg_notification_queue_usage() end as notices;
