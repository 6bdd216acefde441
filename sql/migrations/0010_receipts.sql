-- The last mile: whether the agent heard how its question ended, and what it reports of what it then did.
--
-- Safe beside the previous release: that one writes none of these columns, and edits cards without the new line. What was
-- asked before this migration has no say in whether it was heard, because nobody remembered it then.

alter table interactions
    add column heard_at timestamptz, -- when the agent was first given the end
    add column unheard boolean, -- whether cards say that it was not; null: asked before hearing was remembered
    add column receipt jsonb, -- {status, summary, url, picked_up_at, at}; null: nothing was reported
    -- A deadline counts from the moment it passes, so an end may be heard before the sweep writes it.
    add constraint interactions_heard_at check (heard_at is null or status <> 'pending' or heard_at >= expires_at),
    add constraint interactions_unheard check (unheard is not true or status = 'answered'),
    add constraint interactions_receipt check (
        receipt is null
        or (heard_at is not null
            and (status = 'answered' or (status = 'pending' and on_expiry is not null))
            and receipt ->> 'status' in ('picked_up', 'succeeded', 'failed')
            and receipt ->> 'at' is not null
            and (receipt ->> 'status' <> 'picked_up' or receipt ->> 'picked_up_at' = receipt ->> 'at')));

alter table interactions alter column unheard set default false;

-- Whether a copy shows the end. Its versions do not say so any more: it may want a later one, with a receipt on it.
alter table cards add column settled boolean not null default false;
