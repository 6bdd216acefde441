-- The backlog in numbers for operators, over all organizations; no row of an organization leaves these statements.

-- name: look :one
-- How many seconds ago the oldest of these became due: a card on the given connections that should be shown, an event
-- that needs its position and deliveries, and a delivery that is not leased and whose receiver is not busy. Also how
-- many interactions are pending, counted up to $limit, and, $with_notices, how full the server's notification queue is.
-- Walks from receiver to receiver, as the lease of deliveries does, but through $max_receivers at most. Scans all
-- organizations.
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
    limit $max_receivers
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
    where busy.number < $max_in_flight
    union all
    ( -- a postponed delivery is resumed by the next pass at the latest, however busy its receiver is
        select due_at
        from deliveries
        where status = 'pending' and put_off and due_at <= statement_timestamp()
        order by due_at
        limit 1
    )
),
served as (
    /* part: settings */
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
            where
                (owed or (position is null and type not like 'card.%'))
                and (interaction_id is not null or thing_id is not null)
            order by organization_id, at
            limit $limit
        ) as due
    ) as events_age,
    (select extract(epoch from statement_timestamp() - min(due_at))::float8 from waiting) as deliveries_age,
    (
        select count(*)
        from (
            select
            from interactions
            where status = 'pending' and thing_id is null
            order by expires_at
            limit $limit
        ) as counted
    ) as open,
    case when $with_notices::boolean then pg_notification_queue_usage() end as notices;
