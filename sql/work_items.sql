-- Work items: the rows of the noun `work`; see things.sql. Lock order: the organization's work lock, for whatever makes,
-- meets or ends dependencies; connection; thing and row; then, in the order of ids, the rows of the items that depend on
-- one which is done, but never their things.

-- part: columns
-- The columns of bridge.things.work.row.WorkItem.
work_items.name, work_items.title, work_items.body, work_items.phase, work_items.priority, work_items.acceptance,
work_items.status, work_items.attempts, work_items.take_seconds, work_items.holder_agent, work_items.holder_user,
work_items.holder_name, work_items.leased_at, work_items.leased_until, work_items.lease_end, work_items.blocked_reason,
work_items.result, work_items.done_by, work_items.done_at, work_items.unmet, work_items.refresh_at,
(
    select coalesce(
        jsonb_agg(
            jsonb_build_object('id', depends_on, 'is_met', is_met)
            order by work_dependencies.at, work_dependencies.depends_on_id),
        '[]')
    from work_dependencies
    where
        work_dependencies.organization_id = $organization_id
        and work_dependencies.item_id = work_items.id
) as dependencies

-- part: matches
-- Whether a work item passes all filters of a page; an arm may repeat the one that its index is for.
($status::text is null or status = $status)
and ($phase::text is null or phase = $phase)
and ($holder_agent::text is null or holder_agent = $holder_agent)
and ($holder_user::text is null or holder_user = $holder_user)
and (not $ready_only::boolean or (status = 'ready' and unmet = 0))

-- part: after
-- What follows the work item that a page ended with in the order of leases; everything, if its values are null.
organization_id = $organization_id
and (-priority, created_at, id) > (
    coalesce(-$after_priority::int, -1001), coalesce($after_created_at::timestamptz, '-infinity'),
    coalesce($after_id::uuid, '00000000-0000-0000-0000-000000000000'))

-- name: lock :maybe
-- Lock a thing and its row together: a join to a row that is not locked would read it as it was before the wait. So are
-- the dependencies, which the next statement reads.
with locked as materialized (
    select
        /* part: thing_columns */,
        /* part: columns */
    from things
    join work_items on work_items.organization_id = $organization_id and work_items.id = things.id
    where things.organization_id = $organization_id and things.id = $id
    for no key update of things, work_items
)
select locked.*, clock_timestamp() as read_at
from locked;

-- name: apply :one
-- Store the row of a locked or new thing, with all that follows. The dependencies are stored of a new item only, and so
-- is the count of those that are not met. An item that is done meets the dependencies of others, whose rows are locked
-- in the order of their ids. is_settling: the card of $channel and $ts is due to show it.
with written as (
    insert into work_items (
        organization_id, id, name, title, body, phase, priority, acceptance, status, attempts, take_seconds,
        holder_agent, holder_user, holder_name, leased_at, leased_until, lease_end, blocked_reason, result, done_by,
        done_at, unmet, has_cards, refresh_at, created_at)
    values (
        $organization_id, $thing_id, $name, $title, $body, $phase, $priority, $acceptance::jsonb, $status, $attempts,
        $take_seconds, $holder_agent, $holder_user, $holder_name, $leased_at, $leased_until, $lease_end,
        $blocked_reason, $result, $done_by::jsonb, $done_at, $unmet, $addresses::jsonb <> '[]',
        case when $status <> 'done' then $refresh_at::timestamptz end, $now)
    on conflict (organization_id, id) do update
    set
        title = excluded.title, body = excluded.body, phase = excluded.phase, priority = excluded.priority,
        acceptance = excluded.acceptance, status = excluded.status, attempts = excluded.attempts,
        holder_agent = excluded.holder_agent, holder_user = excluded.holder_user, holder_name = excluded.holder_name,
        leased_at = excluded.leased_at, leased_until = excluded.leased_until, lease_end = excluded.lease_end,
        blocked_reason = excluded.blocked_reason, result = excluded.result, done_by = excluded.done_by,
        done_at = excluded.done_at, has_cards = work_items.has_cards or excluded.has_cards,
        refresh_at = null -- what follows draws its cards anew
),
depends as (
    insert into work_dependencies (organization_id, item_id, depends_on_id, depends_on, is_met, at)
    select
        $organization_id, $thing_id, (value ->> 'item')::uuid, value ->> 'id', (value ->> 'is_met')::boolean, $now
    from jsonb_array_elements($dependencies::jsonb)
    where
        not exists ( -- as it was before this statement
            select
            from work_items
            where work_items.organization_id = $organization_id and work_items.id = $thing_id
        )
),
waiting as materialized (
    select work_items.id
    from work_dependencies
    join work_items
        on work_items.organization_id = $organization_id
        and work_items.id = work_dependencies.item_id
    where
        work_dependencies.organization_id = $organization_id
        and work_dependencies.depends_on_id = $thing_id
        and not work_dependencies.is_met
        and $status = 'done'
    order by work_items.id
    for no key update of work_items
),
met as (
    update work_dependencies
    set is_met = true
    from waiting
    where
        work_dependencies.organization_id = $organization_id
        and work_dependencies.item_id = waiting.id
        and work_dependencies.depends_on_id = $thing_id
),
counted as (
    update work_items
    set
        unmet = work_items.unmet - 1,
        refresh_at = case when work_items.has_cards and work_items.status <> 'done' then clock_timestamp() end
    from waiting
    where work_items.organization_id = $organization_id and work_items.id = waiting.id
),
/* part: turn */
select exists (select from cards_due where cards_due.channel = $channel and cards_due.ts = $ts) as is_settling;

-- name: get :maybe
-- A thing with its row, and the id of its open round.
select
    /* part: thing_columns */,
    /* part: columns */,
    interactions.id as round_id,
    clock_timestamp() as read_at
from things
join work_items on work_items.organization_id = $organization_id and work_items.id = things.id
/* part: open_rounds */
where things.organization_id = $organization_id and things.id = $id;

-- name: several :many
-- As get, for several things; those that do not exist are left out.
select
    /* part: thing_columns */,
    /* part: columns */,
    interactions.id as round_id,
    clock_timestamp() as read_at
from things
join work_items on work_items.organization_id = $organization_id and work_items.id = things.id
/* part: open_rounds */
where things.organization_id = $organization_id and things.id = any ($ids::uuid[]);

-- name: page :many
-- Up to $limit work items in the order of leases. Each arm of the union uses an index of its own and runs only for its
-- filters; all apply all filters.
select id, priority, created_at
from (
    (
        select id, priority, created_at
        from work_items
        where /* part: after */ and holder_agent = $holder_agent and /* part: matches */
        order by -priority, created_at, id
        limit $limit
    )
    union all
    (
        select id, priority, created_at
        from work_items
        where
            /* part: after */
            and $holder_agent::text is null and holder_user = $holder_user
            and /* part: matches */
        order by -priority, created_at, id
        limit $limit
    )
    union all
    (
        select id, priority, created_at
        from work_items
        where
            /* part: after */
            and $holder_agent::text is null and $holder_user::text is null and $ready_only::boolean
            and coalesce($status, 'ready') = 'ready' -- else nothing would match, after all were read
            and status = 'ready' and unmet = 0 and phase = $phase
            and /* part: matches */
        order by -priority, created_at, id
        limit $limit
    )
    union all
    (
        select id, priority, created_at
        from work_items
        where
            /* part: after */
            and $holder_agent::text is null and $holder_user::text is null and $ready_only::boolean
            and $phase::text is null and coalesce($status, 'ready') = 'ready'
            and status = 'ready' and unmet = 0
            and /* part: matches */
        order by -priority, created_at, id
        limit $limit
    )
    union all
    (
        select id, priority, created_at
        from work_items
        where
            /* part: after */
            and $holder_agent::text is null and $holder_user::text is null and not $ready_only::boolean
            and phase = $phase
            and /* part: matches */
        order by -priority, created_at, id
        limit $limit
    )
    union all
    (
        select id, priority, created_at
        from work_items
        where
            /* part: after */
            and $holder_agent::text is null and $holder_user::text is null and not $ready_only::boolean
            and $phase::text is null
            and status = $status
        order by -priority, created_at, id
        limit $limit
    )
    union all
    (
        select id, priority, created_at
        from work_items
        where
            /* part: after */
            and $holder_agent::text is null and $holder_user::text is null and not $ready_only::boolean
            and $phase::text is null and $status::text is null
        order by -priority, created_at, id
        limit $limit
    )
) as found
order by -priority, created_at, id
limit $limit;

-- name: due :many
-- Up to $limit work items whose lease expires, or whose cards are to be drawn anew, within $seconds, longest due first;
-- due_in: seconds until then. Those of disabled connections are among them: a lease ends whether people see it or not.
-- Scans all organizations; the statement's clock, unlike clock_timestamp(), lets the index stop at the first row that
-- is due later.
with due as (
    select organization_id, id, least(leased_until, refresh_at) as due_at
    from work_items
    where least(leased_until, refresh_at) <= statement_timestamp() + make_interval(secs => $seconds::float8)
)
select
    due.organization_id, connected.connection_id, due.id,
    extract(epoch from due.due_at - statement_timestamp())::float8 as due_in
from due
cross join lateral ( -- for one row after the other, in the order of the index
    select things.connection_id
    from things
    where things.organization_id = due.organization_id and things.id = due.id
    limit 1
) as connected
order by due.due_at
limit $limit;

-- name: find :maybe
-- The work item that its creator gave this id.
select id
from work_items
where organization_id = $organization_id and name = $name;

-- part: best
-- Lock the first free work item in the order of leases, and pass over those that others have locked, also while they
-- decide. Each arm walks an index of its own in that order, and of each 500 are enough: at no moment are more locked.
-- The rows are locked one after the other in the lateral join, so that no plan locks more than it passes over; what is
-- locked is looked at again, as it is then.
best as materialized (
    select held.*
    from (
        (
            select id, -priority as rank, created_at
            from work_items
            where organization_id = $organization_id and status = 'ready' and unmet = 0 and $phase::text is null
            order by -priority, created_at, id
            limit 500
        )
        union all
        (
            select id, -priority as rank, created_at
            from work_items
            where organization_id = $organization_id and status = 'ready' and unmet = 0 and phase = $phase
            order by -priority, created_at, id
            limit 500
        )
        union all
        (
            select id, -priority as rank, created_at
            from work_items
            where
                organization_id = $organization_id and leased_until <= statement_timestamp() and unmet = 0
                and ($phase::text is null or phase = $phase)
            order by -priority, created_at, id
            limit 500
        )
        order by rank, created_at, id
    ) as free
    cross join lateral (
        select
            things.id, things.connection_id, things.anchor_id is not null or things.addresses <> '[]' as has_cards,
            work_items.status = 'leased' as has_expired, work_items.attempts, work_items.holder_agent,
            work_items.holder_user, work_items.holder_name, clock_timestamp() as now
        from things
        join work_items on work_items.organization_id = $organization_id and work_items.id = things.id
        where
            things.organization_id = $organization_id
            and things.id = free.id
            and (work_items.status = 'ready' or work_items.leased_until <= statement_timestamp())
            and work_items.unmet = 0
            and ($phase::text is null or work_items.phase = $phase)
        limit 1
        for no key update of things, work_items skip locked
    ) as held
    limit 1
)

-- name: pick :maybe
-- Lock the work item that is to be leased next, with its thing.
with /* part: best */
select id, connection_id, has_cards, has_expired
from best;

-- name: lease :maybe
-- Lease the next work item to the agent $owner for $seconds, unless it has cards or wants some: then nothing is
-- written, and attempts is null. What is written is what the move `leased` of bridge.things.work.leases writes.
with /* part: best */,
leased as (
    update work_items
    set
        status = 'leased', attempts = work_items.attempts + 1, holder_agent = $owner, holder_user = null,
        holder_name = null, leased_at = best.now, leased_until = best.now + make_interval(secs => $seconds::int),
        lease_end = null, refresh_at = null
    from best
    where work_items.organization_id = $organization_id and work_items.id = best.id and not best.has_cards
    returning work_items.id, work_items.attempts
),
thing as (
    update things
    set moves = things.moves + 1 + best.has_expired::int, updated_at = clock_timestamp()
    from leased
    join best on best.id = leased.id
    where things.organization_id = $organization_id and things.id = leased.id
    returning things.id, things.moves, best.now
),
moved as materialized (
    select
        thing.id as thing_id, $expired_id::uuid as id, thing.moves - 1 as number, 'expired' as move,
        'claimed' as from_status, 'ready' as to_status, '{}'::jsonb as by,
        jsonb_build_object(
            'attempts', best.attempts,
            'holder', case
                when best.holder_agent is not null then jsonb_build_object('agent', best.holder_agent)
                else jsonb_build_object('user', best.holder_user, 'name', best.holder_name)
            end) as detail,
        thing.now as at
    from thing
    join best on best.id = thing.id and best.has_expired
    union all
    select
        thing.id, $leased_id::uuid, thing.moves, 'leased', 'ready', 'claimed', $by::jsonb,
        jsonb_build_object(
            'attempts', leased.attempts, 'holder', jsonb_build_object('agent', $owner::text), 'seconds', $seconds::int),
        thing.now
    from thing
    join leased on leased.id = thing.id
),
told_in_history as (
    insert into history (organization_id, thing_id, id, number, move, from_status, to_status, by, detail, at)
    select $organization_id, thing_id, id, number, move, from_status, to_status, by, detail, at
    from moved
),
told_in_feed as (
    insert into events (organization_id, id, thing_id, type, detail, at, owed)
    select
        $organization_id, id, thing_id, 'work.' || move,
        jsonb_build_object(
            'move', move, 'from', from_status, 'to', to_status, 'by', by, 'reason', null, 'detail', detail, 'at', at),
        at, true
    from moved
),
request_kept as (
    insert into thing_requests (organization_id, idempotency_key, request_hash, thing_id, made_id)
    select
        $organization_id, $idempotency_key, $request_hash::bytea, thing.id,
        lpad(to_hex(leased.attempts), 32, '0')::uuid -- which lease it made
    from thing
    join leased on leased.id = thing.id
    where $idempotency_key::text is not null
)
select best.id, best.connection_id, best.has_cards, best.has_expired, leased.attempts
from best
left join leased on leased.id = best.id;

-- name: dependencies :one
-- What a locked work item depends on, after the wait for its lock.
select coalesce(jsonb_agg(jsonb_build_object('id', depends_on, 'is_met', is_met) order by at, depends_on_id), '[]')
    as dependencies
from work_dependencies
where organization_id = $organization_id and item_id = $id;

-- name: resolve :many
-- Those of the named work items that exist, under the work lock: none of them becomes done until it is released.
select id, name, status
from work_items
where organization_id = $organization_id and (id = any ($ids::uuid[]) or name = any ($names::text[]));

-- name: reaches :one
-- Whether $item_id is, or depends on, the work item $id, through any others; under the work lock. It ends in a cycle.
with recursive reached as (
    select $item_id::uuid as id
    union
    select work_dependencies.depends_on_id
    from reached
    join work_dependencies on work_dependencies.organization_id = $organization_id
        and work_dependencies.item_id = reached.id
)
select exists (select from reached where reached.id = $id::uuid) as is_reached;

-- name: link :one
-- Let a locked work item depend on another one, which agents know as $depends_on, under the work lock. Nothing changes
-- if it does already, or if there is no such other one.
with linked as (
    insert into work_dependencies (organization_id, item_id, depends_on_id, depends_on, is_met, at)
    select $organization_id, $id, work_items.id, $depends_on, work_items.status = 'done', clock_timestamp()
    from work_items
    where work_items.organization_id = $organization_id and work_items.id = $depends_on_id
    on conflict (organization_id, item_id, depends_on_id) do nothing
    returning is_met
),
counted as (
    update work_items
    set
        unmet = work_items.unmet + (not linked.is_met)::int,
        refresh_at = case when work_items.has_cards and work_items.status <> 'done' then clock_timestamp() end
    from linked
    where work_items.organization_id = $organization_id and work_items.id = $id
)
select exists (select from linked) as is_changed;

-- name: unlink :one
-- Let a locked work item depend on another one no longer, under the work lock: one with this id, or one that is known
-- as $depends_on, which may be forgotten. Nothing changes if it does not.
with unlinked as (
    delete from work_dependencies
    where
        organization_id = $organization_id and item_id = $id
        and (depends_on_id = $depends_on_id or depends_on = $depends_on)
    returning is_met
),
counted as (
    update work_items
    set
        unmet = work_items.unmet - gone.unmet,
        refresh_at = case when work_items.has_cards and work_items.status <> 'done' then clock_timestamp() end
    from (select count(*) as met_or_not, count(*) filter (where not is_met) as unmet from unlinked) as gone
    where work_items.organization_id = $organization_id and work_items.id = $id and gone.met_or_not > 0
)
select exists (select from unlinked) as is_changed;

-- name: expired :many
-- Up to $limit work items whose lease has expired and is still to be ended, the longest expired first.
select work_items.id, things.connection_id
from work_items
join things on things.organization_id = $organization_id and things.id = work_items.id
where work_items.organization_id = $organization_id and work_items.leased_until <= statement_timestamp()
order by work_items.leased_until
limit $limit;

-- name: stats :one
-- How many work items there are of each status; how old the oldest is that can be leased, in seconds, null without one;
-- and how many leases have expired that are still to be ended.
select
    count(*) filter (where status = 'ready') as ready,
    count(*) filter (where status = 'leased') as leased,
    count(*) filter (where status = 'blocked') as blocked,
    count(*) filter (where status = 'done') as done,
    count(*) as total,
    extract(
        epoch from statement_timestamp() - min(created_at) filter (where status = 'ready' and unmet = 0))::float8
    as oldest_ready_seconds,
    count(*) filter (where leased_until <= statement_timestamp()) as expired
from work_items
where organization_id = $organization_id;
