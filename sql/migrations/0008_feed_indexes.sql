-- outside a transaction
--
-- What the feed is numbered and read by. Safe beside the previous release: to that one an index is only one more index.

-- Exception to the organization that leads every index: the numbering loop looks for what is due, whoever it belongs to.
create index concurrently events_unnumbered on events (at)
    where position is null and type like 'interaction.%';

-- No place is given twice.
create unique index concurrently events_position on events (organization_id, position)
    where position is not null;

create index concurrently events_type on events (organization_id, type, position)
    where position is not null;
