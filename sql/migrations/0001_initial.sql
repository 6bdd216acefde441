-- The first schema: organizations, keys, connections, interactions, cards, clicks, events.
--
-- organization_id leads every primary key, foreign key, unique constraint and index, so that the schema can be
-- distributed by it. The exceptions are named where they stand: a key is found by its digest and a connection by its
-- Slack ids before the organization is known, and the loops scan what is due for all organizations at once.

create table organizations (
    organization_id uuid primary key,
    name            text not null check (char_length(name) between 1 and 200),
    created_at      timestamptz not null default clock_timestamp()
);

create table keys (
    organization_id uuid not null references organizations,
    id              uuid not null,
    name            text not null check (char_length(name) between 1 and 80),
    prefix          text not null,
    digest          bytea not null check (octet_length(digest) = 32), -- SHA-256; the key itself is never stored
    created_at      timestamptz not null default clock_timestamp(),
    revoked_at      timestamptz,
    primary key (organization_id, id)
);

-- Exception: whoever presents a key has not said yet whose it is.
create unique index keys_digest on keys (digest);

create table connections (
    organization_id uuid not null references organizations,
    id              uuid not null,
    app_id          text not null,
    enterprise_id   text,
    team_id         text, -- null for an organization-wide install
    home_teams      text[] not null, -- whose people are not outsiders
    bot_user_id     text not null,
    name            text not null,
    created_at      timestamptz not null default clock_timestamp(),
    disabled_at     timestamptz,
    primary key (organization_id, id),
    check (team_id is not null or enterprise_id is not null),
    check (cardinality(home_teams) > 0)
);

-- Exception: a click says which installation it comes from, never whose. At most one active connection per
-- installation in the whole database, or a click would have two owners.
create unique index connections_installation
    on connections (app_id, coalesce(enterprise_id, ''), coalesce(team_id, ''))
    where disabled_at is null;

create table interactions (
    organization_id uuid not null,
    connection_id   uuid not null,
    id              uuid not null,
    kind            text not null,
    status          text not null default 'pending' check (
        status in ('pending', 'answered', 'expired', 'cancelled', 'superseded', 'unreachable')),
    request         jsonb not null, -- what was asked, as its kind accepted it; never changes
    digest          text not null,
    answers         jsonb not null, -- choice -> the answer it stands for
    responders      text[] check (cardinality(responders) > 0), -- null: anyone who can see the card
    home_teams      text[] check (cardinality(home_teams) > 0), -- null: outsiders may answer
    key_id          uuid not null,
    asked_by        text not null, -- the key's name when it asked
    tags            text[] not null default '{}',
    metadata        jsonb not null default '{}',
    idempotency_key text,
    request_hash    bytea,
    supersedes      uuid,
    superseded_by   uuid,
    answer          jsonb,
    choice          text,
    answered_by     text,
    claim_id        bytea check (octet_length(claim_id) = 32),
    reason          jsonb,
    cards_left      int not null check (cards_left >= 0), -- copies not yet shown and not given up
    cards_shown     int not null default 0 check (cards_shown >= 0), -- copies that are, or may be, on a screen
    created_at      timestamptz not null default clock_timestamp(),
    expires_at      timestamptz not null,
    ended_at        timestamptz,
    primary key (organization_id, id),
    foreign key (organization_id, connection_id) references connections,
    foreign key (organization_id, key_id) references keys,
    check (expires_at > created_at),
    -- The life of an interaction: what a status has, and no other has.
    check ((status = 'pending') = (ended_at is null)),
    check ((status = 'answered') = (answer is not null)),
    check ((status = 'answered') = (claim_id is not null)),
    check ((status = 'answered') = (choice is not null)),
    check (answered_by is null or status = 'answered'),
    check ((status in ('cancelled', 'unreachable')) = (reason is not null)),
    check ((status = 'superseded') = (superseded_by is not null)),
    check ((idempotency_key is null) = (request_hash is null))
);

create unique index interactions_idempotency on interactions (organization_id, idempotency_key)
    where idempotency_key is not null;

create table cards (
    organization_id uuid not null,
    connection_id   uuid not null,
    interaction_id  uuid not null,
    id              uuid not null,
    ordinal         int not null, -- the place of its address in the request; a stray copy repeats it
    address         jsonb not null, -- {"user": "U…"} or {"channel": "C…", "thread_ts"?: "…"}
    channel         text,
    ts              text,
    permalink       text,
    wanted          int not null default 1, -- the version this copy should show
    shown           int not null default 0, -- the version it shows; 0: none yet
    maybe_shown     boolean not null default false, -- a send was made whose outcome nobody knows
    attempt         int not null default 0, -- counts leases; the fence of every write-back
    failures        int not null default 0, -- failed calls since the last success
    plain           boolean not null default false, -- Slack refused the full form of this copy
    due_at          timestamptz not null default clock_timestamp(),
    leased_until    timestamptz,
    given_up_at     timestamptz,
    reason          jsonb, -- {code, detail, fix} of the last failure
    primary key (organization_id, interaction_id, id),
    foreign key (organization_id, interaction_id) references interactions,
    check ((channel is null) = (ts is null)),
    check (shown <= wanted),
    check (given_up_at is null or reason is not null)
);

-- Exception: the card loop looks for what is due, whoever it belongs to.
create index cards_due on cards (due_at) where shown < wanted and given_up_at is null;

-- Exception: so does the expiry loop.
create index interactions_deadline on interactions (expires_at) where status = 'pending';

create table clicks (
    organization_id uuid not null,
    claim_id        bytea not null check (octet_length(claim_id) = 32), -- SHA-256 of the signed payload
    connection_id   uuid not null,
    interaction_id  uuid, -- null when there was no such interaction in this scope
    verdict         text not null check (
        verdict in ('won', 'recorded', 'decided', 'taken', 'expired', 'cancelled', 'superseded', 'unreachable',
                    'outsider', 'not_yours', 'gone')),
    choice          text,
    user_id         text not null,
    user_name       text,
    user_team       text,
    channel         text,
    ts              text,
    repeats         int not null default 0, -- how often the same envelope came again
    clicked_at      timestamptz not null default clock_timestamp(),
    primary key (organization_id, claim_id),
    foreign key (organization_id, interaction_id) references interactions
);

create index clicks_interaction on clicks (organization_id, interaction_id);

-- One winner per interaction, said twice: the claim keeps it, and this index would refuse a second.
create unique index clicks_winner on clicks (organization_id, interaction_id) where verdict = 'won';

create table events (
    organization_id uuid not null,
    id              uuid not null,
    interaction_id  uuid not null,
    type            text not null,
    detail          jsonb not null default '{}',
    at              timestamptz not null default clock_timestamp(),
    primary key (organization_id, id),
    foreign key (organization_id, interaction_id) references interactions
);

create index events_interaction on events (organization_id, interaction_id);
