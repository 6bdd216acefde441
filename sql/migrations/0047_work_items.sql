-- Work items: a backlog for agents and people. An item is held by a lease, and waits for the items that it depends on.
--
-- Safe beside the previous release, which does not know the tables, nor any thing of this noun.

create table work_items (
    organization_id uuid not null,
    id uuid not null,
    name text -- the id that its creator gave it; null: it is known by the id that was made
        check ( -- apart, because one pattern for all of it takes 0.1 ms and more with every change of a row
            length(name) <= 100
            and name ~ '^[A-Za-z0-9][A-Za-z0-9_.-]*$'
            and left(name, 4) <> 'wrk_'
            and name not in ('lease', 'reclaim', 'stats')),
    title text not null,
    body text,
    phase text,
    priority integer not null check (priority between -1000 and 1000), -- the higher is leased first
    acceptance jsonb,
    status text not null check (status in ('ready', 'leased', 'blocked', 'done')),
    attempts integer not null check (attempts >= 0), -- how many leases there were: the fence of the latest
    take_seconds integer not null check (take_seconds > 0), -- how long the lease of a person lasts
    holder_agent text,
    holder_user text,
    holder_name text, -- the person's
    leased_at timestamptz,
    leased_until timestamptz, -- the item is free from then on, though it may still say leased
    lease_end text check (lease_end in ('released', 'blocked', 'done', 'reclaimed')), -- of the latest lease
    blocked_reason text,
    result text,
    done_by jsonb, -- a person: {"user", "name", "team"}, or {"key"} with the "agent" that held it
    done_at timestamptz,
    unmet integer not null check (unmet >= 0), -- how many rows of work_dependencies are not met
    has_cards boolean not null default false, -- has, had or is to have: only such an item is refreshed
    refresh_at timestamptz, -- when its cards are to be drawn anew, because its dependencies changed
    created_at timestamptz not null, -- of the thing, for the order of leases
    primary key (organization_id, id),
    foreign key (organization_id, id) references things (organization_id, id) on delete cascade,
    check (lease_end is not null = (attempts > 0 and status <> 'leased')),
    -- One check for each status, because the server reads all checks anew for each statement, as long as they are.
    check (
        case status
            when 'leased' then
                attempts > 0
                and leased_until > leased_at
                and num_nonnulls(holder_agent, holder_user) = 1
                and (holder_name is null or holder_user is not null)
                and num_nonnulls(blocked_reason, result, done_by, done_at) = 0
            when 'done' then
                num_nonnulls(
                    holder_agent, holder_user, holder_name, leased_at, leased_until, blocked_reason, refresh_at) = 0
                and done_at is not null
                and done_by ?| array['user', 'key']
            else
                lease_end is distinct from 'done'
                and (blocked_reason is null or status = 'blocked')
                and num_nonnulls(
                    holder_agent, holder_user, holder_name, leased_at, leased_until, result, done_by, done_at) = 0
        end is true)
);

-- A dependency names no thing that has to exist: once met, it stays met, also when what it depends on is forgotten.
create table work_dependencies (
    organization_id uuid not null,
    item_id uuid not null,
    depends_on_id uuid not null,
    depends_on text not null, -- its id as agents know it
    is_met boolean not null,
    at timestamptz not null,
    primary key (organization_id, item_id, depends_on_id),
    foreign key (organization_id, item_id) references things (organization_id, id) on delete cascade,
    check (item_id <> depends_on_id)
);
create index work_dependencies_waiting on work_dependencies (organization_id, depends_on_id) where not is_met;

create unique index work_items_name on work_items (organization_id, name) where name is not null;
-- The order of leases: the highest priority first, of these the oldest. With the priority negated all of it ascends,
-- so that one comparison of rows finds where a page begins.
create index work_items_ready on work_items (organization_id, (-priority), created_at, id)
    where status = 'ready' and unmet = 0;
create index work_items_ready_of_phase on work_items (organization_id, phase, (-priority), created_at, id)
    where status = 'ready' and unmet = 0 and phase is not null;
create index work_items_order on work_items (organization_id, (-priority), created_at, id);
create index work_items_status on work_items (organization_id, status, (-priority), created_at, id);
create index work_items_phase on work_items (organization_id, phase, (-priority), created_at, id)
    where phase is not null;
create index work_items_agent on work_items (organization_id, holder_agent, (-priority), created_at, id)
    where holder_agent is not null;
create index work_items_user on work_items (organization_id, holder_user, (-priority), created_at, id)
    where holder_user is not null;
create index work_items_leased on work_items (organization_id, leased_until) where leased_until is not null;
-- Exception to the organization that leads every index: the loop changes what is due, of any organization.
create index work_items_due on work_items ((least(leased_until, refresh_at)))
    where least(leased_until, refresh_at) is not null;

-- A move of a thing changes no column that an index has: where its page has room, it writes into no index.
alter table things set (fillfactor = 85);
