-- outside a transaction
--
-- Notes that ask, that were asked, and whose buttons are to go; rounds that were cancelled with their connection. Safe
-- beside the previous release, to which an index is only one more index.

create index concurrently notes_asking on notes (organization_id, thing_id)
    where round_id is not null and over_at is null;

create index concurrently notes_asked on notes (organization_id, channel, ts)
    where round_id is not null and ts is not null;

-- Exception to the organization that leads every index: the loop edits what is due, of any organization.
create index concurrently notes_over on notes (due_at)
    where over_at is not null and edited_at is null and ts is not null;

-- Exception, too: the loop looks for things that should have their round again, of any organization.
create index concurrently interactions_disconnected on interactions (organization_id, thing_id)
    where thing_id is not null and status = 'cancelled' and reason ->> 'code' = 'disconnected';
