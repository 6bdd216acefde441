-- outside a transaction
--
-- What a look for due deliveries goes by. Safe beside the previous release, which goes by deliveries_pending; a later
-- release may drop that one.

-- The receivers that have something to be delivered now, and of each what has been due for longest.
create index concurrently deliveries_ready on deliveries (organization_id, target_id, due_at)
    where status = 'pending' and not put_off;

-- Exception to the organization that leads every index: what was put off comes back when its time comes, whoever it
-- belongs to.
create index concurrently deliveries_put_off on deliveries (due_at)
    where status = 'pending' and put_off;
