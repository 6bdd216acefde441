-- outside a transaction
--
-- What lists of questions are found by, beside their status and their run.

create index concurrently interactions_kind on interactions (organization_id, kind, id);

-- An index of arrays cannot be led by a column beside them, so the organization is put before the tags of each question:
-- looking for both at once never meets another organization's rows. A tag is text, and so is the organization here;
-- whatever is found is asked for its organization once more. Without fastupdate no list of pending entries has to be
-- read first.
create index concurrently interactions_tags
    on interactions using gin (array_prepend(organization_id::text, tags)) with (fastupdate = off)
    where tags <> '{}';
