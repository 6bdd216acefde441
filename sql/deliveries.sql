-- Deliveries of events to webhooks. Written by events.number, leased by a replica, sent outside of any transaction, and
-- written back under the fence of the lease.

-- name: resume :one
-- Before a lease: let up to $limit postponed deliveries that are due again be leased, longest due first. number: how
-- many those were; waiting: whether any delivery is due or under way. Rows that another replica resumes at this moment
-- are skipped. Scans all organizations; the statement's clock, unlike clock_timestamp(), lets the index stop at the
-- first row that is not due yet.
with due as materialized (
    select organization_id, target_id, event_id
    from deliveries
    where status = 'pending' and put_off and due_at <= statement_timestamp()
    order by due_at
    limit $limit
    for update skip locked
),
resumed as (
    update deliveries
    set put_off = false
    from due
    where
        deliveries.organization_id = due.organization_id
        and deliveries.target_id = due.target_id
        and deliveries.event_id = due.event_id
    returning deliveries.event_id
)
select
    (select count(*) from resumed) as number,
    exists (select from resumed)
    or (
        select true
        from deliveries
        where status = 'pending' and not put_off
        order by organization_id, target_id -- along the index: the planner expects many such rows where there are few
        limit 1
    ) is not null as waiting;

-- name: hold :one
-- Before a lease, in the same transaction: one replica leases at a time, so that all of them together keep the limit of
-- each receiver. The server ends the transaction of a replica that stops in between, even behind a pooler.
select
    set_config('idle_in_transaction_session_timeout', '2s', true) as limited,
    pg_advisory_xact_lock(hashtext('askbridge deliveries')) as held;

-- name: lease :many
-- Lease up to $limit due deliveries for $seconds, of one receiver so many that it has $max_in_flight under way. Walks
-- from receiver to receiver along the index of deliveries that are not postponed, so that neither the many due
-- deliveries of a slow receiver are read, nor receivers whose next try is later.
-- The organization with the fewest deliveries under way comes first, and none gets more under way than are then left of
-- $limit: however many receivers of however many organizations hang, some of $limit is left for the next organization.
-- Scans all organizations.
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
busy as materialized (
    select organization_id, target_id, count(*) as number
    from deliveries
    where leased_until > statement_timestamp()
    group by organization_id, target_id
),
shared as materialized (
    select
        organization_id,
        target_id,
        coalesce(number, 0) as number,
        coalesce(sum(number) over (partition by organization_id), 0) as of_organization
    from receivers
    left join busy using (organization_id, target_id)
),
ready as materialized (
    select waiting.organization_id, waiting.target_id, waiting.event_id, waiting.due_at, shared.of_organization
    from shared
    cross join lateral (
        select organization_id, target_id, event_id, due_at, row_number() over (order by due_at) as number
        from deliveries
        where
            deliveries.organization_id = shared.organization_id
            and deliveries.target_id = shared.target_id
            and status = 'pending'
            and not put_off
            and due_at <= statement_timestamp()
            and (leased_until is null or leased_until <= statement_timestamp())
            -- A later release delivers events of other resources itself.
            and (interaction_id is not null or thing_id is not null)
        order by due_at
        limit $max_in_flight -- without an expression, so that the planner knows how few
    ) as waiting
    where waiting.number <= $max_in_flight - shared.number
),
placed as (
    select *, of_organization + row_number() over (partition by organization_id order by due_at) as place
    from ready
),
due as materialized (
    select organization_id, target_id, event_id
    from (select *, row_number() over (order by place, due_at) as turn from placed) as queue
    where place <= $limit - turn + 1
),
held as materialized ( -- only the rows that are leased are locked
    select deliveries.organization_id, deliveries.target_id, deliveries.event_id
    from due
    join deliveries
        on deliveries.organization_id = due.organization_id
        and deliveries.target_id = due.target_id
        and deliveries.event_id = due.event_id
    where
        deliveries.status = 'pending'
        and deliveries.due_at <= statement_timestamp()
        and (deliveries.leased_until is null or deliveries.leased_until <= statement_timestamp())
    for update of deliveries skip locked
),
leased as (
    update deliveries
    set attempt = deliveries.attempt + 1, leased_until = clock_timestamp() + make_interval(secs => $seconds::int)
    from held
    where
        deliveries.organization_id = held.organization_id
        and deliveries.target_id = held.target_id
        and deliveries.event_id = held.event_id
    returning
        deliveries.organization_id, deliveries.target_id, deliveries.event_id, deliveries.interaction_id,
        deliveries.thing_id, deliveries.endpoint_id, deliveries.attempt, deliveries.failures
)
select
    leased.organization_id, leased.target_id, leased.event_id, leased.interaction_id, leased.thing_id,
    leased.endpoint_id, leased.attempt, leased.failures,
    events.type,
    events.at,
    case when leased.thing_id is not null then events.detail end as detail,
    coalesce(webhook_endpoints.url, interactions.callback, things.callback) as url,
    webhook_endpoints.generation,
    webhook_endpoints.rotated_at > clock_timestamp() - make_interval(secs => $overlap::int) as overlapping,
    webhook_endpoints.disabled_reason
from leased
join events on events.organization_id = leased.organization_id and events.id = leased.event_id
left join interactions
    on interactions.organization_id = leased.organization_id and interactions.id = leased.interaction_id
left join things on things.organization_id = leased.organization_id and things.id = leased.thing_id
left join webhook_endpoints
    on webhook_endpoints.organization_id = leased.organization_id and webhook_endpoints.id = leased.endpoint_id;

-- name: renew :maybe
-- Extend the lease of a delivery that is being sent to $seconds from now. No row: the lease was lost.
update deliveries
set leased_until = clock_timestamp() + make_interval(secs => $seconds::int)
where
    organization_id = $organization_id
    and target_id = $target_id
    and event_id = $event_id
    and attempt = $attempt
    and status = 'pending'
returning attempt;

-- name: accepted :maybe
-- The receiver accepted the delivery, so its endpoint is not failing any more. No row: the lease was lost, and the
-- replica that has leased the delivery since sends it again.
with accepted as (
    update deliveries
    set status = 'delivered', outcome = $outcome::jsonb, leased_until = null, ended_at = clock_timestamp()
    where
        organization_id = $organization_id
        and target_id = $target_id
        and event_id = $event_id
        and attempt = $attempt
        and status = 'pending'
    returning endpoint_id
),
recovered as (
    update webhook_endpoints
    set failing_since = null
    from accepted
    where
        webhook_endpoints.organization_id = $organization_id
        and webhook_endpoints.id = accepted.endpoint_id
        and webhook_endpoints.failing_since is not null
)
select 'delivered' as status
from accepted;

-- name: failed :maybe
-- The receiver did not accept the delivery: it is tried again in $seconds, or is dead if $seconds is null or the
-- receiver is $gone. An endpoint that has accepted nothing for $max_failing_seconds, or is $gone, is disabled. $url is
-- the address that was called: an endpoint whose URL has changed since is not disabled, and a delivery that its old
-- address refused as $gone is tried at the new one. No row: the lease was lost.
with final as materialized (
    select
        $seconds::float is null
        or (
            $gone::boolean
            and not exists (
                select
                from webhook_endpoints
                where organization_id = $organization_id and id = $target_id and url <> $url and disabled_at is null
            )
        ) as final
),
failed as (
    update deliveries
    set
        status = case when final then 'dead' else 'pending' end,
        put_off = not final,
        failures = failures + 1,
        outcome = $outcome::jsonb,
        leased_until = null,
        due_at = clock_timestamp() + make_interval(secs => coalesce($seconds::float, 0)),
        ended_at = case when final then clock_timestamp() end
    from final
    where
        organization_id = $organization_id
        and target_id = $target_id
        and event_id = $event_id
        and attempt = $attempt
        and status = 'pending'
    returning status, endpoint_id
),
failing as (
    update webhook_endpoints
    set
        failing_since = coalesce(failing_since, clock_timestamp()),
        disabled_at = case
            when $gone::boolean or failing_since < clock_timestamp() - make_interval(secs => $max_failing_seconds::int)
                then clock_timestamp()
        end,
        disabled_reason = case
            when $gone::boolean then 'gone'
            when failing_since < clock_timestamp() - make_interval(secs => $max_failing_seconds::int) then 'failing'
        end
    from failed
    where
        webhook_endpoints.organization_id = $organization_id
        and webhook_endpoints.id = failed.endpoint_id
        and webhook_endpoints.url = $url
        and webhook_endpoints.disabled_at is null
    returning webhook_endpoints.disabled_reason
)
select failed.status, (select disabled_reason from failing) as disabled_reason
from failed;

-- name: give_up :many
-- Make up to $limit pending deliveries to an endpoint dead. A delivery that is under way is left alone: its outcome is
-- written back under its fence.
with waiting as materialized (
    select event_id
    from deliveries
    where
        organization_id = $organization_id
        and target_id = $endpoint_id
        and status = 'pending'
        and (leased_until is null or leased_until <= statement_timestamp())
    limit $limit
    for update skip locked
)
update deliveries
set status = 'dead', outcome = $outcome::jsonb, leased_until = null, ended_at = clock_timestamp()
from waiting
where
    deliveries.organization_id = $organization_id
    and deliveries.target_id = $endpoint_id
    and deliveries.event_id = waiting.event_id
    and deliveries.status = 'pending'
returning deliveries.event_id;

-- part: page_columns
-- The columns of storage.model.Delivery.
deliveries.event_id, deliveries.interaction_id, deliveries.thing_id, events.type, deliveries.status,
deliveries.failures, deliveries.due_at, deliveries.outcome, deliveries.created_at, deliveries.ended_at

-- name: page :many
-- The deliveries to one endpoint, newest event first, up to $limit before $before.
select
    /* part: page_columns */
from deliveries
join events on events.organization_id = $organization_id and events.id = deliveries.event_id
where
    deliveries.organization_id = $organization_id
    and deliveries.target_id = $endpoint_id
    and deliveries.event_id < $before
    and ($status::text is null or deliveries.status = $status)
order by deliveries.event_id desc
limit $limit;

-- name: page_of_callbacks :many
-- The deliveries to all callbacks, newest event first, up to $limit before $before.
select
    /* part: page_columns */
from deliveries
join events on events.organization_id = $organization_id and events.id = deliveries.event_id
where
    deliveries.organization_id = $organization_id
    and deliveries.endpoint_id is null
    and deliveries.event_id < $before
    and ($status::text is null or deliveries.status = $status)
order by deliveries.event_id desc
limit $limit;

-- name: replay :many
-- Make up to $limit ended deliveries to one endpoint pending again, in the order of their events, after
-- $after_event_id: the dead ones, or, with $since, all that were written from then on.
with ended as materialized (
    select event_id
    from deliveries
    where
        organization_id = $organization_id
        and target_id = $endpoint_id
        and event_id > $after_event_id
        and case when $since::timestamptz is null then status = 'dead' else created_at >= $since end
        and status <> 'pending'
    order by event_id
    limit $limit
    for update
)
update deliveries
set status = 'pending', put_off = false, failures = 0, due_at = clock_timestamp(), ended_at = null
from ended
where
    deliveries.organization_id = $organization_id
    and deliveries.target_id = $endpoint_id
    and deliveries.event_id = ended.event_id
    and deliveries.status <> 'pending'
returning deliveries.event_id;

-- name: replay_callbacks :many
-- As replay, for all callbacks, of which each event has at most one.
with ended as materialized (
    select target_id, event_id
    from deliveries
    where
        organization_id = $organization_id
        and endpoint_id is null
        and event_id > $after_event_id
        and case when $since::timestamptz is null then status = 'dead' else created_at >= $since end
        and status <> 'pending'
    order by event_id
    limit $limit
    for update
)
update deliveries
set status = 'pending', put_off = false, failures = 0, due_at = clock_timestamp(), ended_at = null
from ended
where
    deliveries.organization_id = $organization_id
    and deliveries.target_id = ended.target_id
    and deliveries.event_id = ended.event_id
    and deliveries.status <> 'pending'
returning deliveries.event_id;
