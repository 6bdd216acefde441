-- outside a transaction
--
-- What the numbering step reads, from organization to organization. Safe beside the previous release, which goes by
-- events_unnumbered; a later release may drop that index.

create index concurrently events_due on events (organization_id, at, id)
    where owed or (position is null and type not like 'card.%');
