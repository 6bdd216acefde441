-- outside a transaction
--
-- What the expiry loop looks for last calls by. Safe beside the previous release, which does not use it.

-- Exception to the organization that leads every index, as for interactions_deadline.
create index concurrently interactions_last_call on interactions (expires_at)
    where status = 'pending' and on_expiry is not null and not last_called;
