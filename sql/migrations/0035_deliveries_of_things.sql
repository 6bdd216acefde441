-- A delivery is of an event about an interaction or a thing.
--
-- Safe beside the previous release, see 0029_things.

alter table deliveries
    alter column interaction_id drop not null,
    add column thing_id uuid,
    add constraint deliveries_thing foreign key (organization_id, thing_id) references things (organization_id, id)
        not valid,
    add constraint deliveries_subject check (num_nonnulls(interaction_id, thing_id) = 1) not valid;
