-- What is to be delivered again later is told apart from what may be delivered now, so that a look for the latter does
-- not walk over the former.
--
-- Safe beside the previous release: that one looks by due_at alone, and what it puts off is not marked, which costs a look
-- a little time and nothing else; so does what was put off before this migration.

alter table deliveries
    add column put_off boolean not null default false; -- until due_at, when a look takes the mark away
