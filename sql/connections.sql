-- Slack installations, each owned by one organization.

-- name: of_installation :maybe
-- The active connection of one Slack installation. Found by Slack's ids alone: a click does not know whose it is.
select
    organization_id, id, app_id, enterprise_id, team_id, home_teams, bot_user_id, name, created_at, disabled_at
from connections
where
    app_id = $app_id
    and coalesce(enterprise_id, '') = coalesce($enterprise_id::text, '')
    and coalesce(team_id, '') = coalesce($team_id::text, '')
    and disabled_at is null;

-- name: of_organization :many
-- The active connections of one organization, oldest first.
select
    organization_id, id, app_id, enterprise_id, team_id, home_teams, bot_user_id, name, created_at, disabled_at
from connections
where organization_id = $organization_id and disabled_at is null
order by created_at, id;

-- name: connect :maybe
-- Give an installation to an organization, or bring what is known of it up to date. No row: it belongs to another one.
insert into connections (organization_id, id, app_id, enterprise_id, team_id, home_teams, bot_user_id, name)
values (
    $organization_id, $id, $app_id, $enterprise_id::text, $team_id::text, $home_teams::text[], $bot_user_id, $name)
on conflict (app_id, coalesce(enterprise_id, ''), coalesce(team_id, '')) where disabled_at is null
do update set home_teams = excluded.home_teams, bot_user_id = excluded.bot_user_id, name = excluded.name
where connections.organization_id = $organization_id
returning
    organization_id, id, app_id, enterprise_id, team_id, home_teams, bot_user_id, name, created_at, disabled_at;
