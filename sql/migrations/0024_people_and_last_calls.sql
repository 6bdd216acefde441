-- Which responders cannot answer, and the last call of a question that has a default answer.
--
-- Safe beside the previous release: it neither reads nor writes what is new here, and the defaults fit what it inserts. It
-- makes no last calls; what it opens gets one from a replica of this release.

alter table interactions
    add column unable jsonb not null default '{}', -- responder -> why this person cannot answer, by users.info
    add column last_called boolean not null default false; -- its cards were made due once more before the deadline
