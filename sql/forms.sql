-- Forms: what a form is made from, and the forms that were opened from a card.

-- name: asked :maybe
-- The kind and the request of an interaction, which never change. No row: there is no such interaction in this scope.
select kind, request
from interactions
where organization_id = $organization_id and connection_id = $connection_id and id = $interaction_id;

-- name: opened :many
-- The forms that were opened from one card within so many seconds, at most $limit, the latest first. The clicks that
-- opened them are their register; the claim id of such a click names the form, whether or not the form is still open.
select clicks.claim_id, clicks.choice, clicks.user_id, form_pages.page, form_pages.entered
from clicks
left join form_pages
    on
        form_pages.organization_id = $organization_id
        and form_pages.interaction_id = clicks.interaction_id
        and form_pages.form = clicks.claim_id
        and form_pages.user_id = clicks.user_id
where
    clicks.organization_id = $organization_id
    and clicks.interaction_id = $interaction_id
    and clicks.verdict = 'opened'
    and clicks.choice is not null -- else it showed a full text, which needs no notice
    and clicks.channel = $channel
    and clicks.ts = $ts
    and clicks.clicked_at > clock_timestamp() - make_interval(secs => $seconds::float8)
order by clicks.clicked_at desc
limit $limit;
