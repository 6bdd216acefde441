-- The pages of forms that are being filled in. A row decides nothing: only the submission of the last page does.

-- name: keep :none
-- Keep what was entered on the pages of a form so far, and which page it shows now, as of the request that said so. A
-- request that is slower than a later one, or that is repeated after it, changes nothing.
insert into form_pages (organization_id, interaction_id, form, user_id, page, entered, changed_at)
select $organization_id, clicks.interaction_id, $form, $user_id, $page, $entered, clicks.clicked_at
from clicks
where
    clicks.organization_id = $organization_id
    and clicks.claim_id = $claim_id
    and clicks.connection_id = $connection_id
    and clicks.interaction_id = $interaction_id
    and clicks.user_id = $user_id
on conflict (organization_id, interaction_id, form, user_id) do update
set page = excluded.page, entered = excluded.entered, changed_at = excluded.changed_at
where form_pages.changed_at <= excluded.changed_at;

-- name: asked :maybe
-- The kind and the request of an interaction, with what this person entered on the pages of a form so far: its columns are
-- null if nothing was kept. No row: there is no such interaction in this scope.
select interactions.kind, interactions.request, form_pages.page, form_pages.entered
from interactions
left join form_pages
    on
        form_pages.organization_id = $organization_id
        and form_pages.interaction_id = interactions.id
        and form_pages.form = $form
        and form_pages.user_id = $user_id
where
    interactions.organization_id = $organization_id
    and interactions.connection_id = $connection_id
    and interactions.id = $interaction_id;

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
