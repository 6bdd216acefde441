-- outside a transaction
--
-- What retention looks for: questions by when they ended, and clicks on no question by when they came.
--
-- Exception to the organization that leads every index: retention scans what is old, whoever it belongs to.
-- Safe beside the previous release: to that one an index is only one more index.

create index concurrently interactions_ended on interactions (ended_at, organization_id, id)
    where status <> 'pending';

create index concurrently clicks_gone on clicks (clicked_at) where interaction_id is null;
