-- An app has at most one active connection in a workspace, in the whole database, whatever enterprise the workspace is in.
--
-- A workspace that moved into an enterprise got a second connection, which its clicks were sent to, and the cards of the
-- first one could not be answered any more. Of the active connections of one app and workspace the newest stays. The
-- others are disabled as `askbridge connections disable` does it: first their pending interactions are cancelled, with
-- an event for each and their cards due; those whose deadline has passed are left to expire.
--
-- Safe beside the previous release. That release inserts by connections_installation, which stays, and finds a connection
-- by three ids, so that it needs the enterprise that this release keeps up to date. If a workspace moves while both
-- releases run, an old replica that starts then fails to make a second connection, and tries again.

-- First in the order of locks, and a statement of its own: whatever opened an interaction has committed after it.
select
from connections
where
    disabled_at is null
    and exists (
        select
        from connections as newer
        where
            newer.app_id = connections.app_id
            and newer.team_id = connections.team_id
            and newer.disabled_at is null
            and (newer.created_at, newer.id) > (connections.created_at, connections.id)
    )
order by organization_id, id
for no key update;

with older as (
    select organization_id, id
    from connections
    where
        disabled_at is null
        and exists (
            select
            from connections as newer
            where
                newer.app_id = connections.app_id
                and newer.team_id = connections.team_id
                and newer.disabled_at is null
                and (newer.created_at, newer.id) > (connections.created_at, connections.id)
        )
),
pending as materialized (
    select interactions.organization_id, interactions.id
    from older
    join
        interactions
        on interactions.organization_id = older.organization_id and interactions.connection_id = older.id
    where interactions.status = 'pending' and interactions.expires_at > clock_timestamp()
    order by interactions.expires_at
    for no key update of interactions
),
ended as (
    update interactions
    set
        status = 'cancelled',
        reason = jsonb_build_object(
            'code', 'disconnected',
            'detail', 'The Slack workspace was disconnected from this bridge.',
            'fix', 'Ask the operator of this bridge to connect the workspace again, then ask again.'
        ),
        ended_at = clock_timestamp()
    from pending
    where
        interactions.organization_id = pending.organization_id
        and interactions.id = pending.id
        and interactions.status = 'pending'
        and interactions.expires_at > clock_timestamp()
    returning interactions.organization_id, interactions.id, interactions.reason
),
new_events as (
    insert into events (organization_id, id, interaction_id, type, detail, owed)
    select organization_id, gen_random_uuid(), id, 'interaction.cancelled', reason, true
    from ended
)
update cards
set wanted = wanted + 1, due_at = clock_timestamp()
from ended
where
    cards.organization_id = ended.organization_id
    and cards.interaction_id = ended.id
    and cards.given_up_at is null;

update connections
set disabled_at = clock_timestamp()
where
    disabled_at is null
    and exists (
        select
        from connections as newer
        where
            newer.app_id = connections.app_id
            and newer.team_id = connections.team_id
            and newer.disabled_at is null
            and (newer.created_at, newer.id) > (connections.created_at, connections.id)
    );

-- A few thousand rows at most; the lock keeps out only what writes connections.
create unique index connections_workspace on connections (app_id, team_id)
    where disabled_at is null and team_id is not null;
create unique index connections_enterprise on connections (app_id, enterprise_id)
    where disabled_at is null and team_id is null;
