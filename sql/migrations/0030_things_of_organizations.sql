-- Every thing is of an organization.
--
-- Safe beside the previous release, see 0029_things.

alter table things
    add foreign key (organization_id) references organizations (organization_id);
