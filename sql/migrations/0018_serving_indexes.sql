-- outside a transaction
--
-- What the lease of cards and the backlog go by, and what comes back when a connection is served again. Safe beside the
-- previous release, which goes by cards_due; once no replica of it can run on the database any more, a later release may
-- drop that one.

-- The connections that have something to be shown by a replica that can, and of each what has been due for longest.
create index concurrently cards_ready on cards (organization_id, connection_id, due_at)
    where shown < wanted and shelved < wanted and given_up_at is null;

create index concurrently cards_shelved on cards (organization_id, connection_id, due_at)
    where shown < wanted and shelved = wanted and given_up_at is null;
