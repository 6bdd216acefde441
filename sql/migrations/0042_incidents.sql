-- Incidents: something is wrong with systems, and one row says how it stands. Comments and changes are its updates.
--
-- Safe beside the previous release, which does not know the tables.

create table incidents (
    organization_id uuid not null,
    id uuid not null,
    title text not null,
    description text,
    severity text not null check (severity in ('minor', 'major', 'critical')),
    status text not null check (status in ('investigating', 'identified', 'fixing', 'monitoring', 'resolved')),
    status_by jsonb not null, -- who set it: {"user", "name", "team"} or {"key"}
    status_at timestamptz not null,
    systems text[] not null check (cardinality(systems) > 0 and array_position(systems, null) is null), -- a set
    resolved_at timestamptz,
    has_notes boolean not null default true, -- its updates are replies to its cards as well
    suppress_notifications boolean not null default false, -- cards and notes mention no one
    update_count integer not null default 0 check (update_count >= 0),
    -- The latest of incident_updates, the oldest first: what a lock reads is as new as the row.
    recent_updates jsonb not null default '[]',
    primary key (organization_id, id),
    foreign key (organization_id, id) references things (organization_id, id) on delete cascade,
    check ((status = 'resolved') = (resolved_at is not null)),
    check (jsonb_array_length(recent_updates) = least(update_count, 20))
);

create index incidents_status on incidents (organization_id, status, id);
create index incidents_severity on incidents (organization_id, severity, id);
-- An index of arrays cannot be led by a column beside them, as for interactions_tags. The partial one is for those who
-- look whether an incident of a system is open: a system may have very many that were resolved.
create index incidents_systems on incidents using gin (array_prepend(organization_id::text, systems))
    with (fastupdate = off);
create index incidents_open_systems on incidents using gin (array_prepend(organization_id::text, systems))
    with (fastupdate = off)
    where status <> 'resolved';

-- What people and agents said, and what they changed. `number` orders them as the incident's lock did.
create table incident_updates (
    organization_id uuid not null,
    incident_id uuid not null,
    number integer not null check (number > 0),
    id uuid not null,
    message text, -- null: what was changed speaks for itself
    changes jsonb, -- of status, severity and systems: {"status": {"from", "to"}}; null: it only says something
    by jsonb not null,
    at timestamptz not null,
    primary key (organization_id, incident_id, number),
    unique (organization_id, incident_id, id),
    foreign key (organization_id, incident_id) references incidents (organization_id, id) on delete cascade,
    check (message is not null or changes is not null)
);

-- The incidents that a run of an agent opened or reused; the latest one is that run's incident.
create table incident_runs (
    organization_id uuid not null,
    run text not null,
    incident_id uuid not null,
    linked_at timestamptz not null,
    primary key (organization_id, run, incident_id),
    foreign key (organization_id, incident_id) references incidents (organization_id, id) on delete cascade
);

create index incident_runs_latest on incident_runs (organization_id, run, linked_at, incident_id);
create index incident_runs_incident on incident_runs (organization_id, incident_id);
