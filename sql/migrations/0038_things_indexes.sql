-- outside a transaction
--
-- Rounds apart from questions. Safe beside the previous release, to which an index is only one more index.

-- The open round of a thing is a constraint: there is at most one.
create unique index concurrently interactions_round on interactions (organization_id, thing_id)
    where status = 'pending' and thing_id is not null;

create index concurrently interactions_thing on interactions (organization_id, thing_id, id)
    where thing_id is not null;

create index concurrently events_thing on events (organization_id, thing_id, at)
    where thing_id is not null;

create index concurrently deliveries_thing on deliveries (organization_id, thing_id)
    where thing_id is not null;
