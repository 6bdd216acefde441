-- What is still to be told to agents. Written by the statements that write events, leased by a replica, sent outside of
-- any transaction, written back under the fence of the lease.

-- name: resume :one
-- Before a look: up to $most deliveries that were put off and are due again are put off no more, longest due first; how
-- many those were, and whether there is anything to be delivered now or under way. What another replica resumes at this
-- moment is passed over. Scans all organizations; the statement's clock, unlike clock_timestamp(), lets the index stop
-- where nothing is due yet.
with due as materialized (
    select organization_id, target_id, event_id
    from deliveries
    where status = 'pending' and put_off and due_at <= statement_timestamp()
    order by due_at
    limit $most
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
        order by organization_id, target_id -- along its index: the planner takes what is rare for common
        limit 1
    ) is not null as waiting;

-- name: hold :one
-- Before a lease, in the same transaction: one replica leases at a time, so that all of them together keep to what one
-- receiver gets at once. Whoever stops in between is cut off, whatever pooler is before the server.
select
    set_config('idle_in_transaction_session_timeout', '2s', true) as limited,
    pg_advisory_xact_lock(hashtext('askbridge deliveries')) as held;

-- name: lease :many
-- Take up to $most deliveries that are due, for $seconds, and of one receiver so many that it has $each under way. Walks
-- from receiver to receiver along the index of what was not put off: however much is due to one that is slow, it is not
-- read, and neither is who waits to be tried again.
-- Who has least under way comes first, and no organization gets more under way than would then be left of $most: however
-- many receivers hang, and of however many organizations, there is something left for the next one.
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
            and interaction_id is not null -- what a later release has to tell of other things, it delivers itself
        order by due_at
        limit $each -- by itself, so that the planner knows how few
    ) as waiting
    where waiting.number <= $each - shared.number
),
placed as (
    select *, of_organization + row_number() over (partition by organization_id order by due_at) as place
    from ready
),
due as materialized (
    select organization_id, target_id, event_id
    from (select *, row_number() over (order by place, due_at) as turn from placed) as queue
    where place <= $most - turn + 1
),
held as materialized ( -- of all that is due, only what is taken is locked
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
        deliveries.endpoint_id, deliveries.attempt, deliveries.failures
)
select
    leased.organization_id, leased.target_id, leased.event_id, leased.interaction_id, leased.endpoint_id,
    leased.attempt, leased.failures,
    events.type,
    events.at,
    coalesce(webhook_endpoints.url, interactions.callback) as url,
    webhook_endpoints.generation,
    webhook_endpoints.rotated_at > clock_timestamp() - make_interval(secs => $overlap::int) as overlapping,
    webhook_endpoints.disabled_reason
from leased
join events on events.organization_id = leased.organization_id and events.id = leased.event_id
join interactions on interactions.organization_id = leased.organization_id and interactions.id = leased.interaction_id
left join webhook_endpoints
    on webhook_endpoints.organization_id = leased.organization_id and webhook_endpoints.id = leased.endpoint_id;

-- name: renew :maybe
-- Hold a delivery that is being sent for another $seconds. No row: the lease was lost.
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
-- The receiver took it; its endpoint is well again. No row: the lease was lost, and somebody else sends it again.
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
-- The receiver did not take it: it is tried again in $seconds, or, when that is null or it is $gone for good, never. An
-- endpoint that has taken nothing for $patience seconds, or is $gone, is disabled. When it has moved away from $url
-- meanwhile, which is what was called, it is not, and has what its old address wanted no more. No row: the lease was lost.
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
            when $gone::boolean or failing_since < clock_timestamp() - make_interval(secs => $patience::int)
                then clock_timestamp()
        end,
        disabled_reason = case
            when $gone::boolean then 'gone'
            when failing_since < clock_timestamp() - make_interval(secs => $patience::int) then 'failing'
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
-- Let up to $most deliveries that wait for an endpoint be dead. One that is under way is left: what it meets is the truth,
-- and is written back under its fence.
with waiting as materialized (
    select event_id
    from deliveries
    where
        organization_id = $organization_id
        and target_id = $endpoint_id
        and status = 'pending'
        and (leased_until is null or leased_until <= statement_timestamp())
    limit $most
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

-- name: page :many
-- The deliveries to one endpoint, newest event first, up to $most before $before.
select
    deliveries.event_id, deliveries.interaction_id, events.type, deliveries.status, deliveries.failures,
    deliveries.due_at, deliveries.outcome, deliveries.created_at, deliveries.ended_at
from deliveries
join events on events.organization_id = $organization_id and events.id = deliveries.event_id
where
    deliveries.organization_id = $organization_id
    and deliveries.target_id = $endpoint_id
    and deliveries.event_id < $before
    and ($status::text is null or deliveries.status = $status)
order by deliveries.event_id desc
limit $most;

-- name: page_of_callbacks :many
-- The deliveries to all callbacks, newest event first, up to $most before $before.
select
    deliveries.event_id, deliveries.interaction_id, events.type, deliveries.status, deliveries.failures,
    deliveries.due_at, deliveries.outcome, deliveries.created_at, deliveries.ended_at
from deliveries
join events on events.organization_id = $organization_id and events.id = deliveries.event_id
where
    deliveries.organization_id = $organization_id
    and deliveries.endpoint_id is null
    and deliveries.event_id < $before
    and ($status::text is null or deliveries.status = $status)
order by deliveries.event_id desc
limit $most;

-- name: replay :many
-- Have up to $most ended deliveries to one endpoint made anew, in the order of their events from behind $after on: all
-- that are dead, or, with $since, whatever was written from then on.
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
    limit $most
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
-- The same for all callbacks, of which each event has one.
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
    limit $most
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
