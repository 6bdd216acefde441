-- outside a transaction
--
-- A clicked card is found by where it lives, whichever interaction it belongs to. Safe beside the previous release: to that
-- release an index is only one more index.

create index concurrently cards_handle on cards (organization_id, connection_id, channel, ts)
    where ts is not null;
