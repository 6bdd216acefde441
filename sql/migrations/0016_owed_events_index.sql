-- outside a transaction
--
-- What the numbering step reads. Safe beside the previous release, which goes by events_unnumbered; a later release may
-- drop that index.

-- Exception to the organization that leads every index: the step looks for what is due in all organizations.
create index concurrently events_due on events (at)
    where owed or (position is null and type not like 'card.%');
