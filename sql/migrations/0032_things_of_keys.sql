-- Every thing was opened by a key.
--
-- Safe beside the previous release, see 0029_things.

alter table things
    add foreign key (organization_id, key_id) references keys (organization_id, id);
