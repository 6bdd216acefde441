-- Suggested fixes: the rows of the noun `fix`; see things.sql.

-- part: columns
-- The columns of bridge.things.fix.row.Fix.
fixes.session, fixes.title, fixes.description, fixes.confidence, fixes.key, fixes.template, fixes.script,
fixes.parameters, fixes.decision, fixes.decided_at, fixes.decided_by, fixes.outcome, fixes.outcome_at, fixes.outcome_by,
fixes.partial_notes, fixes.failure_reason, fixes.waiting_on, fixes.waiting_since, fixes.applied_at, fixes.verified_at,
fixes.outcome_proposal, fixes.due_at, fixes.superseded_at, fixes.superseded_by

-- part: matches
-- Whether a fix passes all filters of a page but that of the session; an arm may repeat the one that its index is for.
-- The status is the outcome, or `decided` from a decision until the first outcome; see bridge.things.fix.row.
($key::text is null or key = $key)
and (
    $status::text is null
    or case when outcome = 'proposed' and decision is not null then 'decided' else outcome end = $status)
and ($active::bool is null or (superseded_at is null) = $active)

-- name: lock :maybe
-- Lock a thing and its row together: a join to a row that is not locked would read it as it was before the wait.
with locked as materialized (
    select
        /* part: thing_columns */,
        /* part: columns */
    from things
    join fixes on fixes.organization_id = $organization_id and fixes.id = things.id
    where things.organization_id = $organization_id and things.id = $id
    for no key update of things, fixes
)
select locked.*, clock_timestamp() as read_at
from locked;

-- name: apply :one
-- Store the row of a locked or new thing, with all that follows. is_settling: the card of $channel and $ts is due to
-- show it.
with written as (
    insert into fixes (
        organization_id, id, session, title, description, confidence, key, template, script, parameters, decision,
        decided_at, decided_by, outcome, outcome_at, outcome_by, partial_notes, failure_reason, waiting_on,
        waiting_since,
        applied_at, verified_at, outcome_proposal, due_at, superseded_at, superseded_by)
    values (
        $organization_id, $thing_id, $session, $title, $description, $confidence, $key, $template::jsonb, $script,
        $parameters::jsonb, $decision, $decided_at, $decided_by::jsonb, $outcome, $outcome_at, $outcome_by::jsonb,
        $partial_notes, $failure_reason, $waiting_on, $waiting_since, $applied_at, $verified_at,
        $outcome_proposal::jsonb,
        $due_at, $superseded_at, $superseded_by)
    on conflict (organization_id, id) do update
    set
        decision = excluded.decision, decided_at = excluded.decided_at, decided_by = excluded.decided_by,
        outcome = excluded.outcome, outcome_at = excluded.outcome_at, outcome_by = excluded.outcome_by,
        partial_notes = excluded.partial_notes, failure_reason = excluded.failure_reason,
        waiting_on = excluded.waiting_on, waiting_since = excluded.waiting_since, applied_at = excluded.applied_at,
        verified_at = excluded.verified_at, outcome_proposal = excluded.outcome_proposal, due_at = excluded.due_at,
        superseded_at = excluded.superseded_at, superseded_by = excluded.superseded_by
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
join fixes on fixes.organization_id = $organization_id and fixes.id = things.id
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
join fixes on fixes.organization_id = $organization_id and fixes.id = things.id
/* part: open_rounds */
where things.organization_id = $organization_id and things.id = any ($ids::uuid[]);

-- name: find_active :maybe
-- The active fix of a session, its connection, and whether it is open; look only under the lock of the session's name,
-- or to find its id.
select fixes.id, things.connection_id, things.ended_at is null as is_open
from fixes
join things on things.organization_id = $organization_id and things.id = fixes.id
where fixes.organization_id = $organization_id and fixes.session = $session and fixes.superseded_at is null;

-- name: handover :many
-- Up to $limit fixes of a session with this outcome, the newest first, also those that were superseded.
select id
from fixes
where organization_id = $organization_id and session = $session and outcome = $outcome
order by id desc
limit $limit;

-- name: stats :one
-- How many fixes of a kind there are, and how many have which outcome.
select
    count(*) as proposed,
    count(*) filter (where outcome not in ('proposed', 'dismissed')) as applied,
    count(*) filter (where outcome = 'applied_success') as worked,
    count(*) filter (where outcome = 'applied_failed') as failed
from fixes
where organization_id = $organization_id and key = $key;

-- name: page :many
-- Up to $limit ids of fixes older than $before, newest first. Each arm of the union uses an index of its own and runs
-- only for its filters; all apply all filters.
select id
from (
    (
        select id
        from fixes
        where
            organization_id = $organization_id and id < $before and session = $session
            and /* part: matches */
        order by id desc
        limit $limit
    )
    union all
    (
        select id
        from fixes
        where
            organization_id = $organization_id and id < $before
            and $session::text is null and key = $key
            and /* part: matches */
        order by id desc
        limit $limit
    )
    union all
    (
        select id
        from fixes
        where
            organization_id = $organization_id and id < $before
            and $session::text is null and $key::text is null
            and outcome = case when $status::text = 'decided' then 'proposed' else $status end
            and /* part: matches */
        order by id desc
        limit $limit
    )
    union all
    (
        select id
        from fixes
        where
            organization_id = $organization_id and id < $before
            and $session::text is null and $key::text is null and $status::text is null
            and $active::bool and superseded_at is null
        order by id desc
        limit $limit
    )
    union all
    (
        select id
        from fixes
        where
            organization_id = $organization_id and id < $before
            and $session::text is null and $key::text is null and $status::text is null
            and not $active::bool and superseded_at is not null
        order by id desc
        limit $limit
    )
    union all
    (
        select id
        from fixes
        where
            organization_id = $organization_id and id < $before
            and $session::text is null and $key::text is null and $status::text is null and $active::bool is null
        order by id desc
        limit $limit
    )
) as found
order by id desc
limit $limit;

-- name: due :many
-- Up to $limit fixes of which people are to be reminded within $seconds, longest due first; due_in: seconds until then.
-- Those of disabled connections stay due until these are enabled. Scans all organizations; the statement's clock,
-- unlike clock_timestamp(), lets the index stop at the first row that is due later.
with due as (
    select organization_id, id, due_at
    from fixes
    where due_at <= statement_timestamp() + make_interval(secs => $seconds::float8)
)
select
    due.organization_id, connected.connection_id, due.id,
    extract(epoch from due.due_at - statement_timestamp())::float8 as due_in
from due
cross join lateral ( -- for one row after the other, in the order of the index
    select things.connection_id
    from things
    join connections on
        connections.organization_id = due.organization_id
        and connections.id = things.connection_id
    where
        things.organization_id = due.organization_id
        and things.id = due.id
        and connections.disabled_at is null
    limit 1
) as connected
order by due.due_at
limit $limit;
