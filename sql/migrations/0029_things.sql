-- Things: lives longer than one answer, such as a recovery action. A thing is a row here and a row in the table of its noun,
-- whose constraints carry its life. People act on it by answering its open round: a pending interaction that names it.
--
-- Safe beside the previous release. That release claims only what stands in `answers`, which a round leaves empty; it draws
-- only kinds that it knows; it numbers and delivers only events that name an interaction; and it deletes nothing of a thing
-- but rounds that ended long ago. This migration locks no table that is in use, and each of those that follow locks one: with
-- two, it and a busy statement would wait for each other. A later migration validates the checks, without keeping clicks out
-- of their tables.

create table things (
    organization_id uuid not null,
    id uuid not null,
    noun text not null check (char_length(noun) between 1 and 40),
    connection_id uuid not null,
    key_id uuid not null,
    opened_by text not null, -- the key's name
    addresses jsonb not null, -- where its cards are now
    asked_addresses jsonb, -- where the agent wants its cards; null: its noun says where
    added_addresses jsonb not null default '[]', -- where they are shown as well, wherever else they go
    responders text[] check (cardinality(responders) > 0), -- as the agent named them; null: its noun says who
    anyone boolean not null default false, -- everyone who can see a card may act on it
    home_teams text[] check (cardinality(home_teams) > 0), -- null: people of other organizations may act on it
    agent jsonb,
    tags text[] not null default '{}',
    metadata jsonb not null default '{}',
    callback text,
    callback_target uuid,
    anchor_id uuid, -- its first round, which its cards belong to; null: it never had a card
    moves integer not null default 0 check (moves >= 0), -- the number of the latest one in its history
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz, -- since when its status is final; null: it is open
    primary key (organization_id, id),
    check ((callback is null) = (callback_target is null)),
    check (responders is null or not anyone)
);

-- Every change of the state of a thing. `number` is null for what happened to it without a change of its row.
create table history (
    organization_id uuid not null,
    thing_id uuid not null,
    id uuid not null, -- of the event that tells it, too
    number integer,
    move text not null,
    from_status text,
    to_status text,
    by jsonb not null, -- {"user", "name", "team"}, {"key"} or {}: a person, an agent, or the bridge itself
    reason text,
    detail jsonb not null default '{}',
    at timestamptz not null,
    primary key (organization_id, thing_id, id),
    foreign key (organization_id, thing_id) references things (organization_id, id) on delete cascade
);
create unique index history_number on history (organization_id, thing_id, number);
create index history_at on history (organization_id, thing_id, at);

-- What was done for an Idempotency-Key, for as long as the thing lives.
create table thing_requests (
    organization_id uuid not null,
    idempotency_key text not null,
    request_hash bytea not null,
    thing_id uuid not null,
    made_id uuid, -- what the request made of the thing, such as an update
    primary key (organization_id, idempotency_key),
    foreign key (organization_id, thing_id) references things (organization_id, id) on delete cascade
);
create index thing_requests_thing on thing_requests (organization_id, thing_id);

create index things_anchor on things (organization_id, anchor_id) where anchor_id is not null;
create index things_open on things (organization_id, id) where ended_at is null;
create index things_open_of_connection on things (organization_id, connection_id, id) where ended_at is null;
-- Exception to the organization that leads every index, as for interactions_ended.
create index things_ended on things (ended_at, organization_id, id) where ended_at is not null;
