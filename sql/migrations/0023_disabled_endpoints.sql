-- outside a transaction
--
-- What retention looks for: endpoints that have been disabled, or deleted, for long. Safe beside the previous release: to
-- that release an index is only one more index.

create index concurrently webhook_endpoints_disabled on webhook_endpoints (disabled_at)
    where disabled_at is not null;
