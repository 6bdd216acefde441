-- What people entered on the pages of forms that they have not submitted yet, so that any replica can show a page again.
--
-- Safe beside the previous release, which has no such forms: it deletes a question with what was entered for it.

create table form_pages (
    organization_id uuid not null,
    interaction_id uuid not null,
    form bytea not null, -- the claim id of the click that opened the form
    user_id text not null,
    page integer not null, -- the page that is shown, counted from 0
    entered jsonb not null, -- {"texts": {field: text}, "selected": {field: [id]}}
    changed_at timestamptz not null, -- when the request came that says so
    primary key (organization_id, interaction_id, form, user_id),
    foreign key (organization_id, interaction_id) references interactions (organization_id, id) on delete cascade
);
