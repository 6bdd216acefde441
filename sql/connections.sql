-- Slack installations, each owned by one organization.

-- part: of_installation
-- An installation is an app in a workspace, or an app in an enterprise for an organization-wide one. A workspace's
-- enterprise is not part of it: a workspace can move into an enterprise, and a click can name the clicker's enterprise.
app_id = $app_id
and (
    team_id = $team_id::text
    or ($team_id::text is null and team_id is null and enterprise_id = $enterprise_id::text)
)

-- name: of_installation :maybe
-- The active connection of one Slack installation, found by Slack's ids alone: a click does not name an organization.
select
    /* part: connection_columns */
from connections
where
    /* part: of_installation */
    and disabled_at is null;

-- name: of_organization :many
-- The active connections of one organization, oldest first.
select
    /* part: connection_columns */
from connections
where organization_id = $organization_id and disabled_at is null
order by created_at, id;

-- name: refresh :maybe
-- Update the active connection that an organization has of an installation. No row: it has none.
update connections
set
    enterprise_id = $enterprise_id::text,
    home_teams = $home_teams::text[],
    bot_user_id = $bot_user_id,
    name = $name
where
    organization_id = $organization_id
    and /* part: of_installation */
    and disabled_at is null
returning
    /* part: connection_columns */;

-- name: connect :maybe
-- Create the connection of an installation. No row: it has an active one. Without a named index, so that each unique
-- index counts: the release before inserts by connections_installation, which this release no longer needs.
insert into connections (organization_id, id, app_id, enterprise_id, team_id, home_teams, bot_user_id, name)
values (
    $organization_id, $id, $app_id, $enterprise_id::text, $team_id::text, $home_teams::text[], $bot_user_id, $name)
on conflict do nothing
returning
    /* part: connection_columns */;

-- name: all_of_organization :many
-- Every connection of one organization, including the disabled ones, oldest first.
select
    /* part: connection_columns */
from connections
where organization_id = $organization_id
order by created_at, id;

-- name: disabled_of_installation :many
-- The disabled connections of one Slack installation, the last one first, found by Slack's ids alone, as in
-- of_installation.
select
    /* part: connection_columns */
from connections
where
    /* part: of_installation */
    and disabled_at is not null
order by disabled_at desc;

-- name: lock :maybe
-- Lock a connection, so that no interaction is opened on it until this transaction ends; first in the order of locks.
select
    /* part: connection_columns */
from connections
where organization_id = $organization_id and id = $id
for no key update;

-- name: cancel_pending :one
-- Cancel up to $limit pending interactions of a locked connection. Those whose deadline has passed are left to expire,
-- as agents may have read already. In the order of the index of pending interactions, so that no ended row is read.
with pending as materialized (
    select id
    from interactions
    where
        organization_id = $organization_id
        and connection_id = $connection_id
        and status = 'pending'
        and expires_at > clock_timestamp()
    order by expires_at
    limit $limit
    for no key update
),
ended as (
    update interactions
    set status = 'cancelled', reason = $reason::jsonb, ended_at = clock_timestamp()
    from pending
    where
        interactions.organization_id = $organization_id
        and interactions.id = pending.id
        and interactions.status = 'pending'
        and interactions.expires_at > clock_timestamp()
    returning interactions.organization_id, interactions.id
),
new_events as (
    insert into events (organization_id, id, interaction_id, type, detail, owed)
    select
        organization_id, ($event_ids::uuid[])[row_number() over ()], id, 'interaction.cancelled', $reason::jsonb, true
    from ended
),
/* part: settle */
select (select count(*) from pending) as seen, (select count(*) from ended) as cancelled;

-- name: disable :maybe
-- Refuse clicks and new interactions on a connection. Repeated, it keeps the time of the first call.
update connections
set disabled_at = coalesce(disabled_at, clock_timestamp())
where organization_id = $organization_id and id = $id
returning
    /* part: connection_columns */;

-- name: enable :maybe
-- Accept clicks and interactions again. The unique indexes of active installations refuse it while another connection
-- has the same installation.
update connections
set disabled_at = null
where organization_id = $organization_id and id = $id
returning
    /* part: connection_columns */;
