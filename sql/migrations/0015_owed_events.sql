-- An event is the outbox: the step that gives committed events their position also writes their deliveries.
--
-- Safe beside the previous release. That release writes the deliveries of its own events in the statement that writes
-- the event, and leaves `owed` false. It may give a position to an event of this release, but does not clear the mark, so
-- the deliveries still follow. After a rollback to it, events that are still marked wait for this release to return.

alter table events
    add column owed boolean not null default false; -- its deliveries are not written yet
