-- A default answer for questions that nobody answers in time, and what lists of questions are found by.

alter table interactions
    add column on_expiry text, -- the choice that counts when the deadline passes; null: none does
    add constraint interactions_on_expiry check (on_expiry is null or answers ? on_expiry);

-- Lists are newest first, so every index of theirs ends with the id; the primary key serves those without a filter.
create index interactions_status on interactions (organization_id, status, id);

create index interactions_run on interactions (organization_id, (request #>> '{agent,run}'), id)
    where request #>> '{agent,run}' is not null;
