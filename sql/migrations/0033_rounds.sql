-- Rounds: the interactions by which people act on a thing. Its cards belong to the first one, the anchor.
--
-- Safe beside the previous release, see 0029_things.

alter table interactions
    add column thing_id uuid, -- set: this is a round of that thing
    add column is_anchor boolean not null default false; -- the cards of its thing belong to it

alter table interactions
    add constraint interactions_thing foreign key (organization_id, thing_id) references things (organization_id, id)
        not valid,
    add constraint interactions_anchor check (not is_anchor or thing_id is not null) not valid;

-- The release before may delete an anchor that ended long ago; its thing then gets new cards with its next round.
alter table things
    add foreign key (organization_id, anchor_id) references interactions (organization_id, id)
        on delete set null (anchor_id);
