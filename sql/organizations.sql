-- The tenants.

-- name: create :none
-- Store a new organization.
insert into organizations (organization_id, name)
values ($organization_id, $name);

-- name: get :maybe
-- One organization.
select organization_id, name, created_at, disabled_at
from organizations
where organization_id = $organization_id;

-- name: every :many
-- All organizations, oldest first; for the operator, who has to tell them apart.
select organization_id, name, created_at, disabled_at
from organizations
order by created_at, organization_id;

-- name: disable :maybe
-- Let no key of an organization open a door any more. Done again, it keeps its first time.
update organizations
set disabled_at = coalesce(disabled_at, clock_timestamp())
where organization_id = $organization_id
returning organization_id, name, created_at, disabled_at;

-- name: enable :maybe
-- Let its keys open doors again; its connections stay as they are.
update organizations
set disabled_at = null
where organization_id = $organization_id
returning organization_id, name, created_at, disabled_at;

-- name: leaving :maybe
-- What of a disabled organization may still be on somebody's screen: since when it is disabled, the questions whose end
-- is not written yet, and the copies that do not show it yet.
select
    extract(epoch from clock_timestamp() - disabled_at)::float8 as seconds,
    (
        select count(*)
        from interactions
        where organization_id = $organization_id and status = 'pending'
    ) as questions,
    (
        select count(*)
        from cards
        where organization_id = $organization_id and shown < wanted and given_up_at is null
    ) as cards
from organizations
where organization_id = $organization_id and disabled_at is not null;

-- name: delete_events :one
-- Forget up to $most of its events.
with gone as (
    delete from events
    where
        organization_id = $organization_id
        and id in (select id from events where organization_id = $organization_id limit $most)
    returning id
)
select count(*) as deleted
from gone;

-- name: delete_clicks :one
-- Forget up to $most of its clicks.
with gone as (
    delete from clicks
    where
        organization_id = $organization_id
        and claim_id in (select claim_id from clicks where organization_id = $organization_id limit $most)
    returning claim_id
)
select count(*) as deleted
from gone;

-- name: delete_cards :one
-- Forget up to $most copies of its questions.
with gone as (
    delete from cards
    where
        organization_id = $organization_id
        and (interaction_id, id) in (
            select interaction_id, id from cards where organization_id = $organization_id limit $most)
    returning id
)
select count(*) as deleted
from gone;

-- name: delete_interactions :one
-- Forget up to $most of its questions, whose events, clicks and copies are forgotten already.
with gone as (
    delete from interactions
    where
        organization_id = $organization_id
        and id in (select id from interactions where organization_id = $organization_id limit $most)
    returning id
)
select count(*) as deleted
from gone;

-- name: delete_keys :one
-- Forget up to $most of its keys.
with gone as (
    delete from keys
    where
        organization_id = $organization_id
        and id in (select id from keys where organization_id = $organization_id limit $most)
    returning id
)
select count(*) as deleted
from gone;

-- name: delete_connections :one
-- Forget up to $most of its connections.
with gone as (
    delete from connections
    where
        organization_id = $organization_id
        and id in (select id from connections where organization_id = $organization_id limit $most)
    returning id
)
select count(*) as deleted
from gone;

-- name: delete_organizations :one
-- Forget the organization itself, unless it was enabled meanwhile.
with gone as (
    delete from organizations
    where organization_id = $organization_id and disabled_at is not null
    returning organization_id
)
select count(*) as deleted
from gone;
