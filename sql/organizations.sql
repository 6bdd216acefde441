-- Organizations, the tenants of the bridge.

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
-- All organizations, oldest first, for the operator's list.
select organization_id, name, created_at, disabled_at
from organizations
order by created_at, organization_id;

-- name: disable :maybe
-- Refuse all keys of an organization. Repeated, it keeps the time of the first call.
update organizations
set disabled_at = coalesce(disabled_at, clock_timestamp())
where organization_id = $organization_id
returning organization_id, name, created_at, disabled_at;

-- name: enable :maybe
-- Accept an organization's keys again; its connections stay as they are.
update organizations
set disabled_at = null
where organization_id = $organization_id
returning organization_id, name, created_at, disabled_at;

-- name: outstanding :maybe
-- The outstanding work of a disabled organization: for how many seconds it has been disabled, its pending interactions,
-- its cards that do not show the wanted version, and its deliveries, including events that may still cause some.
select
    extract(epoch from clock_timestamp() - disabled_at)::float8 as seconds,
    (
        select count(*)
        from interactions
        where organization_id = $organization_id and status = 'pending' and thing_id is null
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
                or exists (
                    select
                    from things
                    where
                        things.organization_id = $organization_id
                        and things.id = events.thing_id
                        and things.callback_target is not null
                )
            )
    ) as deliveries
from organizations
where organization_id = $organization_id and disabled_at is not null;

-- name: hold :none
-- Lock the organization before its interactions, in the order of events.number: else the two could deadlock.
select
from organizations
where organization_id = $organization_id
for no key update;

-- name: hold_interactions :many
-- Lock up to $limit of its interactions, which are then deleted with all their rows.
select id
from interactions
where organization_id = $organization_id
limit $limit
for update;

-- name: hold_things :many
-- Lock up to $limit of its things, whose rounds are deleted, and which are then deleted with all their rows.
select id
from things
where organization_id = $organization_id
limit $limit
for update;

-- name: delete_clicks :many
-- Delete up to $limit of its clicks, once its interactions are deleted: those that are left were clicks on none.
delete from clicks
where
    organization_id = $organization_id
    and claim_id in (select claim_id from clicks where organization_id = $organization_id limit $limit)
returning claim_id;

-- name: delete_throttles :many
-- Delete up to $limit of its rate limiting buckets.
delete from throttles
where
    organization_id = $organization_id
    and name in (select name from throttles where organization_id = $organization_id limit $limit)
returning name;

-- name: delete_keys :many
-- Delete up to $limit of its keys.
delete from keys
where
    organization_id = $organization_id
    and id in (select id from keys where organization_id = $organization_id limit $limit)
returning id;

-- name: delete_serving :many
-- Delete up to $limit of the serving leases on its connections.
delete from serving
where
    organization_id = $organization_id
    and connection_id in (select connection_id from serving where organization_id = $organization_id limit $limit)
returning connection_id;

-- name: delete_connections :many
-- Delete up to $limit of its connections.
delete from connections
where
    organization_id = $organization_id
    and id in (select id from connections where organization_id = $organization_id limit $limit)
returning id;

-- name: delete_webhook_endpoints :many
-- Delete up to $limit of its webhook endpoints, once the deliveries to them are deleted.
delete from webhook_endpoints
where
    organization_id = $organization_id
    and id in (select id from webhook_endpoints where organization_id = $organization_id limit $limit)
returning id;

-- name: delete :maybe
-- Delete the organization itself, unless it was enabled meanwhile.
delete from organizations
where organization_id = $organization_id and disabled_at is not null
returning organization_id;
