-- Answers carried to where agents want to be called: endpoints of a whole organization, a callback of one question, and
-- what is still to be delivered. No secret is stored: each is made from a setting, and from what is written here.
--
-- Safe beside the previous release: what that one ends is told to nobody by webhook. It would fail to forget a question
-- with deliveries, and none is that old yet.

create table webhook_endpoints (
    organization_id uuid not null references organizations (organization_id),
    id uuid not null,
    url text not null,
    types text[] check (cardinality(types) > 0), -- null: every final status, and nothing else
    generation integer not null default 1 check (generation > 0), -- of its secret
    rotated_at timestamptz, -- the secret before signs as well for a while
    failing_since timestamptz, -- nothing was accepted since
    created_at timestamptz not null default clock_timestamp(),
    disabled_at timestamptz,
    disabled_reason text,
    primary key (organization_id, id),
    check ((generation > 1) = (rotated_at is not null)),
    check ((disabled_at is null) = (disabled_reason is null))
);

alter table interactions
    add column callback text,
    add column callback_target uuid, -- the same for all callbacks to one server: they share its patience
    add constraint interactions_callback check ((callback is null) = (callback_target is null));

-- One duty to tell one receiver of one event. An event has no reference here, because only a question goes, with all of
-- its events and deliveries, never one of them.
create table deliveries (
    organization_id uuid not null,
    target_id uuid not null, -- the endpoint's id, or the callback's target
    event_id uuid not null,
    interaction_id uuid not null,
    endpoint_id uuid, -- null: the interaction's callback
    status text not null default 'pending' check (status in ('pending', 'delivered', 'dead')),
    attempt integer not null default 0, -- counts leases; the fence of every write-back
    failures integer not null default 0 check (failures >= 0), -- since it was made, or replayed
    due_at timestamptz not null default clock_timestamp(),
    leased_until timestamptz,
    outcome jsonb, -- {status, detail} of the last attempt
    created_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz,
    primary key (organization_id, target_id, event_id),
    foreign key (organization_id, interaction_id) references interactions (organization_id, id),
    foreign key (organization_id, endpoint_id) references webhook_endpoints (organization_id, id),
    check (endpoint_id is null or endpoint_id = target_id),
    check ((status = 'pending') = (ended_at is null)),
    check (status = 'pending' or (leased_until is null and outcome is not null))
);

create index deliveries_pending on deliveries (organization_id, target_id, due_at) where status = 'pending';
create index deliveries_leased on deliveries (organization_id, target_id) where leased_until is not null;
create index deliveries_of_callbacks on deliveries (organization_id, event_id) where endpoint_id is null;
create index deliveries_interaction on deliveries (organization_id, interaction_id);
