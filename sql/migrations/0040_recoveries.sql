-- Recovery actions: something is stuck, and one open row on it says who gets it going again.
--
-- Safe beside the previous release, which does not know the table.

create table recoveries (
    organization_id uuid not null,
    id uuid not null,
    status text not null check (status in ('active', 'escalated', 'resolved', 'cancelled')),
    outcome text check (outcome in ('restored', 'blocked', 'false_positive', 'cancelled')),
    source_type text not null,
    source_id text not null,
    source_url text,
    kind text not null,
    cause text not null,
    fingerprint text not null,
    next_action text not null,
    owner_agent text,
    owner_user text, -- neither an agent nor a user: the board owns it
    previous_owner jsonb, -- {"agent"}, {"user"} or {"board": true}
    return_owner jsonb,
    recovery_ref text,
    wake_policy jsonb,
    monitor_policy jsonb,
    evidence jsonb,
    max_attempts integer check (max_attempts > 0),
    timeout_at timestamptz,
    attempt_count integer not null check (attempt_count > 0),
    last_attempt_at timestamptz not null,
    escalated_at timestamptz, -- of the present escalation
    escalation_step integer not null default 0 check (escalation_step >= 0), -- owners of wake_policy that had their turn
    due_at timestamptz, -- when the loop escalates it; null: it does not
    note text,
    blocker jsonb, -- {"id": "rec_…"} or {"external": {"type", "id", "url"}}
    blocker_id uuid, -- the thing that blocks it
    resolved_by jsonb,
    resolved_at timestamptz,
    primary key (organization_id, id),
    foreign key (organization_id, id) references things (organization_id, id) on delete cascade,
    foreign key (organization_id, blocker_id) references things (organization_id, id)
        on delete set null (blocker_id),
    check (owner_agent is null or owner_user is null),
    check ((status in ('resolved', 'cancelled')) = (outcome is not null)),
    check ((status in ('resolved', 'cancelled')) = (resolved_at is not null)),
    check ((resolved_at is null) = (resolved_by is null)),
    check ((status = 'cancelled') = (outcome is not distinct from 'cancelled')),
    check ((outcome is not distinct from 'blocked') = (blocker is not null)),
    check (blocker_id is null or blocker is not null),
    check (status <> 'escalated' or escalated_at is not null),
    check (due_at is null or status in ('active', 'escalated'))
);

-- One open row for each source.
create unique index recoveries_open on recoveries (organization_id, source_type, source_id)
    where status in ('active', 'escalated');
create index recoveries_source on recoveries (organization_id, source_type, source_id, id);
create index recoveries_fingerprint on recoveries (organization_id, fingerprint, id);
create index recoveries_status on recoveries (organization_id, status, id);
create index recoveries_owner_agent on recoveries (organization_id, owner_agent, id) where owner_agent is not null;
create index recoveries_owner_user on recoveries (organization_id, owner_user, id) where owner_user is not null;
create index recoveries_blocker on recoveries (organization_id, blocker_id) where blocker_id is not null;
-- Exception to the organization that leads every index: the loop escalates what is due, of any organization.
create index recoveries_due on recoveries (due_at) where due_at is not null;
