-- Recovery actions: the rows of the noun `recovery`; see things.sql.

-- part: columns
-- The columns of bridge.things.recovery.row.Recovery.
recoveries.status, recoveries.outcome, recoveries.source_type, recoveries.source_id, recoveries.source_url,
recoveries.kind, recoveries.cause, recoveries.fingerprint, recoveries.next_action, recoveries.owner_agent,
recoveries.owner_user, recoveries.previous_owner, recoveries.return_owner, recoveries.recovery_ref,
recoveries.wake_policy, recoveries.monitor_policy, recoveries.evidence, recoveries.max_attempts, recoveries.timeout_at,
recoveries.attempt_count, recoveries.last_attempt_at, recoveries.escalated_at, recoveries.escalation_step,
recoveries.due_at, recoveries.note, recoveries.blocker, recoveries.blocker_id, recoveries.resolved_by,
recoveries.resolved_at

-- part: matches
-- Whether a recovery passes all filters of a page but that of the source; an arm may repeat the one that its index is for.
($open::bool is null or (status in ('active', 'escalated')) = $open)
and ($status::text is null or status = $status)
and ($fingerprint::text is null or fingerprint = $fingerprint)
and ($owner_agent::text is null or owner_agent = $owner_agent)
and ($owner_user::text is null or owner_user = $owner_user)

-- name: lock :maybe
-- Lock a thing and its row together: a join to a row that is not locked would read it as it was before the wait.
with locked as materialized (
    select
        /* part: thing_columns */,
        /* part: columns */
    from things
    join recoveries on recoveries.organization_id = $organization_id and recoveries.id = things.id
    where things.organization_id = $organization_id and things.id = $id
    for no key update of things, recoveries
)
select locked.*, clock_timestamp() as read_at
from locked;

-- name: apply :one
-- Store the row of a locked or new thing, with all that follows. is_settling: the card of $channel and $ts is due to show
-- it.
with written as (
    insert into recoveries (
        organization_id, id, status, outcome, source_type, source_id, source_url, kind, cause, fingerprint, next_action,
        owner_agent, owner_user, previous_owner, return_owner, recovery_ref, wake_policy, monitor_policy, evidence,
        max_attempts, timeout_at, attempt_count, last_attempt_at, escalated_at, escalation_step, due_at, note, blocker,
        blocker_id, resolved_by, resolved_at)
    values (
        $organization_id, $thing_id, $status, $outcome, $source_type, $source_id, $source_url, $kind, $cause,
        $fingerprint, $next_action, $owner_agent, $owner_user, $previous_owner::jsonb, $return_owner::jsonb,
        $recovery_ref, $wake_policy::jsonb, $monitor_policy::jsonb, $evidence::jsonb, $max_attempts, $timeout_at,
        $attempt_count, $last_attempt_at, $escalated_at, $escalation_step, $due_at, $note, $blocker::jsonb, $blocker_id,
        $resolved_by::jsonb, $resolved_at)
    on conflict (organization_id, id) do update
    set
        status = excluded.status, outcome = excluded.outcome, source_url = excluded.source_url, kind = excluded.kind,
        cause = excluded.cause, fingerprint = excluded.fingerprint, next_action = excluded.next_action,
        owner_agent = excluded.owner_agent, owner_user = excluded.owner_user,
        previous_owner = excluded.previous_owner, return_owner = excluded.return_owner,
        recovery_ref = excluded.recovery_ref, wake_policy = excluded.wake_policy,
        monitor_policy = excluded.monitor_policy, evidence = excluded.evidence, max_attempts = excluded.max_attempts,
        timeout_at = excluded.timeout_at, attempt_count = excluded.attempt_count,
        last_attempt_at = excluded.last_attempt_at, escalated_at = excluded.escalated_at,
        escalation_step = excluded.escalation_step, due_at = excluded.due_at, note = excluded.note,
        blocker = excluded.blocker, blocker_id = excluded.blocker_id, resolved_by = excluded.resolved_by,
        resolved_at = excluded.resolved_at
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
join recoveries on recoveries.organization_id = $organization_id and recoveries.id = things.id
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
join recoveries on recoveries.organization_id = $organization_id and recoveries.id = things.id
/* part: open_rounds */
where things.organization_id = $organization_id and things.id = any ($ids::uuid[]);

-- name: find_open :maybe
-- The open recovery of a source, and its connection; look only under the lock of its name, or to find its id.
select recoveries.id, things.connection_id
from recoveries
join things on things.organization_id = $organization_id and things.id = recoveries.id
where
    recoveries.organization_id = $organization_id
    and recoveries.source_type = $source_type
    and recoveries.source_id = $source_id
    and recoveries.status in ('active', 'escalated');

-- name: latest_of_source :maybe
-- The latest recovery of a source, open or not.
select id
from recoveries
where organization_id = $organization_id and source_type = $source_type and source_id = $source_id
order by id desc
limit 1;

-- name: search :many
-- The open recoveries of these sources.
select recoveries.id
from unnest($source_types::text[], $source_ids::text[]) as wanted (source_type, source_id)
join recoveries
    on recoveries.organization_id = $organization_id
    and recoveries.source_type = wanted.source_type
    and recoveries.source_id = wanted.source_id
    and recoveries.status in ('active', 'escalated')
order by recoveries.id desc;

-- name: page :many
-- Up to $limit ids of recoveries older than $before, newest first. Each arm of the union uses an index of its own and
-- runs only for its filters; all apply all filters.
select id
from (
    (
        select id
        from recoveries
        where
            organization_id = $organization_id and id < $before
            and source_type = $source_type and source_id = $source_id
            and /* part: matches */
        order by id desc
        limit $limit
    )
    union all
    (
        select id
        from recoveries
        where
            organization_id = $organization_id and id < $before
            and $source_type::text is null and fingerprint = $fingerprint
            and /* part: matches */
        order by id desc
        limit $limit
    )
    union all
    (
        select id
        from recoveries
        where
            organization_id = $organization_id and id < $before
            and $source_type::text is null and $fingerprint::text is null and owner_agent = $owner_agent
            and /* part: matches */
        order by id desc
        limit $limit
    )
    union all
    (
        select id
        from recoveries
        where
            organization_id = $organization_id and id < $before
            and $source_type::text is null and $fingerprint::text is null and $owner_agent::text is null
            and owner_user = $owner_user
            and /* part: matches */
        order by id desc
        limit $limit
    )
    union all
    ( -- one status after the other, each along the index
        select of_status.id
        from unnest(
            case
                when $status::text is not null then array[$status]
                when $open::bool then array['active', 'escalated']
                when not $open::bool then array['resolved', 'cancelled']
                else array['active', 'escalated', 'resolved', 'cancelled']
            end) as wanted (status)
        cross join lateral (
            select id
            from recoveries
            where
                recoveries.organization_id = $organization_id and recoveries.id < $before
                and recoveries.status = wanted.status
                and $source_type::text is null and $fingerprint::text is null and $owner_agent::text is null
                and $owner_user::text is null
            order by id desc
            limit $limit
        ) as of_status
        where $open::bool is null or (wanted.status in ('active', 'escalated')) = $open
    )
) as found
order by id desc
limit $limit;

-- name: due :many
-- Up to $limit recoveries that are to be escalated within $seconds, longest due first; due_in: seconds until then. Scans all
-- organizations; the statement's clock, unlike clock_timestamp(), lets the index stop at the first row that is due later.
with due as (
    select organization_id, id, due_at
    from recoveries
    where due_at <= statement_timestamp() + make_interval(secs => $seconds::float8)
    order by due_at
    limit $limit
)
select
    due.organization_id, things.connection_id, due.id,
    extract(epoch from due.due_at - statement_timestamp())::float8 as due_in
from due
join things on things.organization_id = due.organization_id and things.id = due.id
order by due.due_at;
