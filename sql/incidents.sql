-- Incidents: the rows of the noun `incident`, with their updates and the runs of agents that they belong to; see things.sql.

-- part: columns
-- The columns of bridge.things.incident.row.Incident.
incidents.title, incidents.description, incidents.severity, incidents.status, incidents.status_by, incidents.status_at,
incidents.systems, incidents.resolved_at, incidents.has_notes, incidents.suppress_notifications, incidents.update_count,
incidents.recent_updates

-- part: update_columns
-- The columns of an update.
incident_updates.id, incident_updates.message, incident_updates.changes, incident_updates.by, incident_updates.at

-- name: lock :maybe
-- Lock a thing and its row together: a join to a row that is not locked would read it as it was before the wait.
with locked as materialized (
    select
        /* part: thing_columns */,
        /* part: columns */
    from things
    join incidents on incidents.organization_id = $organization_id and incidents.id = things.id
    where things.organization_id = $organization_id and things.id = $id
    for no key update of things, incidents
)
select locked.*, clock_timestamp() as read_at
from locked;

-- name: apply :one
-- Store the row of a locked or new thing, with all that follows, and the latest update if it is new. is_settling: the
-- card of $channel and $ts is due to show it.
with written as (
    insert into incidents (
        organization_id, id, title, description, severity, status, status_by, status_at, systems, resolved_at, has_notes,
        suppress_notifications, update_count, recent_updates)
    values (
        $organization_id, $thing_id, $title, $description, $severity, $status, $status_by::jsonb, $status_at,
        $systems::text[], $resolved_at, $has_notes, $suppress_notifications, $update_count, $recent_updates::jsonb)
    on conflict (organization_id, id) do update
    set
        title = excluded.title, description = excluded.description, severity = excluded.severity,
        status = excluded.status, status_by = excluded.status_by, status_at = excluded.status_at,
        systems = excluded.systems, resolved_at = excluded.resolved_at, update_count = excluded.update_count,
        recent_updates = excluded.recent_updates
),
update_written as (
    insert into incident_updates (organization_id, incident_id, number, id, message, changes, by, at)
    select
        $organization_id, $thing_id, $update_count, (latest.update ->> 'id')::uuid, latest.update ->> 'message',
        nullif(latest.update -> 'changes', 'null'), latest.update -> 'by', (latest.update ->> 'at')::timestamptz
    from (select $recent_updates::jsonb -> -1) as latest (update)
    where latest.update is not null
    on conflict (organization_id, incident_id, number) do nothing
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
join incidents on incidents.organization_id = $organization_id and incidents.id = things.id
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
join incidents on incidents.organization_id = $organization_id and incidents.id = things.id
/* part: open_rounds */
where things.organization_id = $organization_id and things.id = any ($ids::uuid[]);

-- name: find_open :maybe
-- The newest open incident that has this system; look under the lock of the system's name, and then look again at the
-- incident that was found, locked: what ends it takes no name.
select id
from incidents
where
    (organization_id = $organization_id) is true
    and array_prepend(organization_id::text, systems) @> array[$organization_id::text, $system::text]
    and $system = any (systems)
    and status <> 'resolved'
order by id desc
limit 1;

-- name: is_open :maybe
-- An incident that is still open and has this system.
select id
from incidents
where organization_id = $organization_id and id = $id and $system = any (systems) and status <> 'resolved';

-- name: link :none
-- Make an incident that of this run.
insert into incident_runs (organization_id, run, incident_id, linked_at)
values ($organization_id, $run, $id, clock_timestamp())
on conflict (organization_id, run, incident_id) do update
set linked_at = excluded.linked_at;

-- name: of_run :maybe
-- The incident of this run: the latest that it opened or reused.
select incident_id as id
from incident_runs
where organization_id = $organization_id and run = $run
order by linked_at desc, incident_id desc
limit 1;

-- name: made :maybe
-- One update of an incident.
select /* part: update_columns */
from incident_updates
where organization_id = $organization_id and incident_id = $incident_id and id = $id;

-- name: updates :many
-- Up to $limit updates of an incident before $before, newest first; without $before the newest.
select /* part: update_columns */
from incident_updates
where
    organization_id = $organization_id
    and incident_id = $incident_id
    and number < case
        when $before::uuid is null then 2147483647
        else (
            select number
            from incident_updates
            where organization_id = $organization_id and incident_id = $incident_id and id = $before
        )
    end
order by number desc
limit $limit;

-- name: page :many
-- Up to $limit ids of incidents older than $before, newest first. Each arm of the union uses an index of its own and
-- runs only for its filters; all apply all filters.
select id
from (
    ( -- mostly few rows
        select incidents.id
        from incident_runs
        join incidents on incidents.organization_id = $organization_id and incidents.id = incident_runs.incident_id
        where
            incident_runs.organization_id = $organization_id and incident_runs.run = $run
            and incident_runs.incident_id < $before
            and ($system::text is null or $system = any (systems))
            and ($severity::text is null or severity = $severity)
            and ($status::text is null or status = $status)
            and ($open::bool is null or (status <> 'resolved') = $open)
        order by incident_runs.incident_id desc
        limit $limit
    )
    union all
    ( -- few rows; "is true" keeps the planner from reading all rows of an organization without statistics
        select id
        from incidents
        where
            (organization_id = $organization_id) is true and id < $before
            and array_prepend(organization_id::text, systems) @> array[$organization_id::text, $system]
            and $run::text is null
            and $system = any (systems)
            and ($severity::text is null or severity = $severity)
            and ($status::text is null or status = $status)
            and ($open::bool is null or (status <> 'resolved') = $open)
        order by id desc
        limit $limit
    )
    union all
    (
        select id
        from incidents
        where
            organization_id = $organization_id and id < $before and severity = $severity
            and $run::text is null and $system::text is null and $status::text is null and $open::bool is null
        order by id desc
        limit $limit
    )
    union all
    ( -- one status after the other, each along the index: with `=` a rare status would be looked for along all ids
        select of_status.id
        from unnest(
            case
                when $status::text is not null then array[$status]
                when $open::bool then array['investigating', 'identified', 'fixing', 'monitoring']
                when not $open::bool then array['resolved']
                else array['investigating', 'identified', 'fixing', 'monitoring', 'resolved']
            end) as wanted (status)
        cross join lateral (
            select id
            from incidents
            where
                incidents.organization_id = $organization_id
                and incidents.status >= wanted.status
                and (incidents.status, incidents.id) < (wanted.status, $before)
                and $run::text is null and $system::text is null
                and ($severity::text is null or severity = $severity)
                and ($severity::text is null or $status::text is not null or $open::bool is not null)
                and ($open::bool is null or (incidents.status <> 'resolved') = $open)
            order by incidents.status desc, incidents.id desc
            limit $limit
        ) as of_status
    )
) as found
order by id desc
limit $limit;
