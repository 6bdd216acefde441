-- The pages of forms that are being filled in. A row decides nothing: only the submission of the last page does.

-- name: keep :none
-- Keep what was entered on the pages of a form so far, and which page it shows now. A repeat changes nothing.
insert into form_pages (organization_id, interaction_id, form, user_id, page, entered)
select $organization_id, id, $form, $user_id, $page, $entered
from interactions
where organization_id = $organization_id and connection_id = $connection_id and id = $interaction_id
on conflict (organization_id, interaction_id, form) do update
set page = excluded.page, entered = excluded.entered, changed_at = clock_timestamp()
where form_pages.user_id = excluded.user_id;

-- name: kept :maybe
-- What this person entered on the pages of a form so far. No row: nothing yet.
select form_pages.page, form_pages.entered
from form_pages
inner join interactions on interactions.id = form_pages.interaction_id
where
    form_pages.organization_id = $organization_id
    and interactions.organization_id = $organization_id
    and interactions.connection_id = $connection_id
    and form_pages.interaction_id = $interaction_id
    and form_pages.form = $form
    and form_pages.user_id = $user_id;
