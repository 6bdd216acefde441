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
-- What a disabled organization still owes: since when it is disabled, the questions whose end is not written yet, the
-- copies that do not show it yet, and what its agents are still to be told.
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
    ) as cards,
    (
        select count(*)
        from deliveries
        where organization_id = $organization_id and status = 'pending'
    )
    + (
        select count(*)
        from events
        where
            organization_id = $organization_id
            and owed
            and (
                exists (
                    select
                    from webhook_endpoints
                    where webhook_endpoints.organization_id = $organization_id and disabled_at is null
                )
                or exists (
                    select
                    from interactions
                    where
                        interactions.organization_id = $organization_id
                        and interactions.id = events.interaction_id
                        and interactions.callback_target is not null
                )
            )
    ) as deliveries
from organizations
where organization_id = $organization_id and disabled_at is not null;

-- name: hold :none
-- Hold the organization before its questions, as the step does that numbers events: else the two could wait for each other.
select
from organizations
where organization_id = $organization_id
for no key update;

-- name: hold_questions :many
-- Hold up to $most of its questions, to be forgotten with all that is theirs.
select id
from interactions
where organization_id = $organization_id
limit $most
for update;

-- name: delete_clicks :many
-- Forget up to $most of its clicks, once its questions are forgotten: what is left were clicks on none.
delete from clicks
where
    organization_id = $organization_id
    and claim_id in (select claim_id from clicks where organization_id = $organization_id limit $most)
returning claim_id;

-- name: delete_throttles :many
-- Forget up to $most of what it took.
delete from throttles
where
    organization_id = $organization_id
    and name in (select name from throttles where organization_id = $organization_id limit $most)
returning name;

-- name: delete_keys :many
-- Forget up to $most of its keys.
delete from keys
where
    organization_id = $organization_id
    and id in (select id from keys where organization_id = $organization_id limit $most)
returning id;

-- name: delete_serving :many
-- Forget up to $most claims to serve its connections.
delete from serving
where
    organization_id = $organization_id
    and connection_id in (select connection_id from serving where organization_id = $organization_id limit $most)
returning connection_id;

-- name: delete_connections :many
-- Forget up to $most of its connections.
delete from connections
where
    organization_id = $organization_id
    and id in (select id from connections where organization_id = $organization_id limit $most)
returning id;

-- name: delete_webhook_endpoints :many
-- Forget up to $most of its webhook endpoints, once the deliveries to them are forgotten.
delete from webhook_endpoints
where
    organization_id = $organization_id
    and id in (select id from webhook_endpoints where organization_id = $organization_id limit $most)
returning id;

-- name: delete :maybe
-- Forget the organization itself, unless it was enabled meanwhile.
delete from organizations
where organization_id = $organization_id and disabled_at is not null
returning organization_id;
