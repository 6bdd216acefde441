-- Suggested fixes: an agent proposes one for a session, a person decides, and its outcome says whether it worked.
--
-- Safe beside the previous release, which does not know the table, nor any thing that can be corrected.

create table fixes (
    organization_id uuid not null,
    id uuid not null,
    session text not null,
    title text not null,
    description text,
    confidence integer check (confidence between 0 and 100),
    key text, -- which kind of fix it is, for statistics
    template jsonb, -- {"id", "url"}
    script text,
    parameters jsonb, -- of the script
    decision text check (decision in ('one_off', 'draft_template', 'build_template', 'dismissed')),
    decided_at timestamptz,
    decided_by jsonb, -- a person: {"user", "name", "team"}
    outcome text not null
        check (
            outcome in (
                'proposed', 'applied_success', 'applied_failed', 'applied_partial', 'applied_pending', 'dismissed')),
    outcome_at timestamptz,
    outcome_by jsonb, -- {"user", "name", "team"} or {"key"}
    partial_notes text, -- the latest of each of the three; another outcome keeps them
    failure_reason text,
    waiting_on text,
    waiting_since timestamptz,
    applied_at timestamptz, -- since the first applied outcome
    verified_at timestamptz, -- of the verdict that it has now
    outcome_proposal jsonb, -- {"outcome", "reason", "evidence", "by", "at"}: of an agent, which a person may confirm
    due_at timestamptz, -- when people are reminded that a verdict is missing; null: they are not
    superseded_at timestamptz, -- null: it is the active fix of its session
    superseded_by uuid,
    primary key (organization_id, id),
    foreign key (organization_id, id) references things (organization_id, id) on delete cascade,
    foreign key (organization_id, superseded_by) references things (organization_id, id)
        on delete set null (superseded_by),
    check (template is null or script is null),
    check (parameters is null or script is not null),
    check ((decision is null) = (decided_at is null)),
    check ((decision is null) = (decided_by is null)),
    check (decided_by is null or decided_by ? 'user'),
    check (decision is distinct from 'dismissed' or outcome = 'dismissed'),
    check ((outcome = 'proposed') = (outcome_at is null)),
    check ((outcome = 'proposed') = (outcome_by is null)),
    check ((outcome in ('proposed', 'dismissed')) = (applied_at is null)),
    check ((outcome in ('applied_success', 'applied_failed')) = (verified_at is not null)),
    check (applied_at is not null or (partial_notes is null and failure_reason is null and waiting_on is null)),
    check (outcome <> 'applied_partial' or partial_notes is not null),
    check (outcome <> 'applied_failed' or failure_reason is not null),
    check (outcome <> 'applied_pending' or waiting_on is not null),
    check ((waiting_on is null) = (waiting_since is null)),
    check (outcome_proposal is null or (outcome <> 'dismissed' and superseded_at is null)),
    check (
        due_at is null
        or (
            superseded_at is null
            and (outcome = 'applied_pending' or (outcome = 'proposed' and decision is not distinct from 'one_off')))),
    check (superseded_by is null or superseded_at is not null),
    check (superseded_by is distinct from id)
);

-- One active fix for each session.
create unique index fixes_active on fixes (organization_id, session) where superseded_at is null;
create index fixes_session on fixes (organization_id, session, id);
create index fixes_key on fixes (organization_id, key, id) include (outcome) where key is not null;
create index fixes_outcome on fixes (organization_id, outcome, id);
create index fixes_current on fixes (organization_id, id) where superseded_at is null;
create index fixes_superseded on fixes (organization_id, id) where superseded_at is not null;
create index fixes_superseded_by on fixes (organization_id, superseded_by) where superseded_by is not null;
-- Exception to the organization that leads every index: the loop reminds people of what is due, of any organization.
create index fixes_due on fixes (due_at) where due_at is not null;

alter table things
    add column is_correctable boolean not null default false; -- it has ended, and people can still correct it
