-- Every thing is of a connection, which may have a channel for cards that are addressed to no one.
--
-- Safe beside the previous release, see 0029_things.

alter table connections
    add column default_channel text; -- where cards go that are addressed to no one

alter table things
    add foreign key (organization_id, connection_id) references connections (organization_id, id);
