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
-- Update the active connection that an organization has of an installation. No row: it has none. First it keeps others
-- from beginning to open rounds on it, as close_gate does.
with gate as materialized (
    select pg_advisory_xact_lock(hashtextextended('askbridge connection ' || id::text, 0))
    from connections
    where
        organization_id = $organization_id
        and /* part: of_installation */
        and disabled_at is null
)
update connections
set
    enterprise_id = $enterprise_id::text,
    home_teams = $home_teams::text[],
    bot_user_id = $bot_user_id,
    name = $name
from (select count(*) from gate) as closed
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

-- name: close_gate :one
-- Keep others from beginning to open questions or rounds on a connection until this transaction ends; before the lock of
-- its row, which their overlapping locks would keep waiting for ever.
select pg_advisory_xact_lock(hashtextextended('askbridge connection ' || $id::uuid::text, 0)) as held;

-- name: set_default_channel :maybe
-- Where cards go that are addressed to no one; null: nowhere. First it closes the gate, as refresh does.
with gate as materialized (
    select pg_advisory_xact_lock(hashtextextended('askbridge connection ' || $id::uuid::text, 0))
)
update connections
set default_channel = $default_channel::text
from (select count(*) from gate) as closed
where organization_id = $organization_id and id = $id
returning
    /* part: connection_columns */;

-- name: lock :maybe
-- Lock a connection, so that no interaction is opened on it until this transaction ends; first in the order of locks.
select
    /* part: connection_columns */
from connections
where organization_id = $organization_id and id = $id
for no key update;

-- name: cancel_pending :one
-- Cancel up to $limit pending interactions of a locked connection. Those whose deadline has passed are left to expire,
-- as agents may have read already. Rounds of things are cancelled too, and their things stay open; notes that ask for
-- their moves are over, after the lock of their cards. In the order of the
-- index of pending interactions, so that no ended row is read.
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
    returning interactions.organization_id, interactions.id, interactions.thing_id
),
new_events as ( -- a round tells no event: its thing has not changed
    insert into events (organization_id, id, interaction_id, type, detail, owed)
    select
        organization_id, ($event_ids::uuid[])[row_number() over ()], id, 'interaction.cancelled', $reason::jsonb, true
    from ended
    where ended.thing_id is null
),
/* part: settle */,
anchors as materialized ( -- of the rounds; locked before their cards
    select interactions.organization_id, interactions.id
    from ended
    join things on things.organization_id = ended.organization_id and things.id = ended.thing_id
    join interactions on interactions.organization_id = ended.organization_id and interactions.id = things.anchor_id
    where interactions.id not in (select id from ended)
    order by interactions.id
    for no key update of interactions
),
of_anchors as (
    update cards
    set wanted = wanted + 1, due_at = clock_timestamp()
    from anchors
    where
        cards.organization_id = anchors.organization_id
        and cards.interaction_id = anchors.id
        and cards.given_up_at is null
        and cards.retired_at is null
    returning cards.id
),
notes_over as (
    update notes
    set -- as in turn of parts.sql
        over_at = clock_timestamp(),
        due_at = clock_timestamp(),
        given_up_at = case
            when notes.maybe_sent then notes.given_up_at
            else coalesce(notes.given_up_at, clock_timestamp())
        end,
        leased_until = case when notes.maybe_sent then notes.leased_until end,
        reason = case when notes.maybe_sent or notes.given_up_at is not null then notes.reason else $reason::jsonb end
    from ended
    cross join (select (select count(*) from settling), (select count(*) from of_anchors)) as after_the_cards
    where
        notes.organization_id = ended.organization_id
        and notes.thing_id = ended.thing_id
        and notes.round_id = ended.id
        and notes.over_at is null
)
select
    (select count(*) from pending) as seen,
    (select count(*) from ended where ended.thing_id is null) as cancelled;

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

-- name: note_click :one
-- Record that a signed click of a connection was handled, the first time. Never waits for what opens interactions on it:
-- noted is false if the row is locked, and the next click records it.
with free as materialized (
    select organization_id, id
    from connections
    where organization_id = $organization_id and id = $id and first_click_at is null
    for no key update skip locked
),
noted as (
    update connections
    set first_click_at = clock_timestamp()
    from free
    where connections.organization_id = free.organization_id and connections.id = free.id
    returning connections.id
)
select
    exists (select from noted)
    or not exists (
        select
        from connections
        where organization_id = $organization_id and id = $id and first_click_at is null
    ) as noted;

-- name: first_click :maybe
-- When the first signed click of a connection was handled; null: none ever was.
select first_click_at
from connections
where organization_id = $organization_id and id = $id;

-- name: degraded :many
-- Up to $limit active connections that have cards to be shown and that no replica can post for, and those from which no
-- signed click ever came; the former first. cards: how many wait, counted up to $max_cards; 0 if a replica can post.
-- unserved and unclicked: how many connections of each sort there are. Scans all organizations.
with active as materialized (
    select organization_id, id, name, first_click_at is null as is_unclicked
    from connections
    where disabled_at is null
),
unserved as materialized (
    select organization_id, id
    from active
    where
        not exists (
            select
            from serving
            where
                serving.organization_id = active.organization_id
                and serving.connection_id = active.id
                and serving.served_until > statement_timestamp()
        )
),
waiting as materialized (
    select unserved.organization_id, unserved.id, counted.cards, counted.since
    from unserved
    cross join lateral (
        select count(*) as cards, min(due_at) as since
        from (
            ( -- an index each
                select due_at
                from cards
                where
                    cards.organization_id = unserved.organization_id
                    and cards.connection_id = unserved.id
                    and shown < wanted
                    and shelved < wanted
                    and given_up_at is null
                order by due_at
                limit $max_cards
            )
            union all
            (
                select due_at
                from cards
                where
                    cards.organization_id = unserved.organization_id
                    and cards.connection_id = unserved.id
                    and shown < wanted
                    and shelved = wanted
                    and given_up_at is null
                order by due_at
                limit $max_cards
            )
        ) as due
    ) as counted
    where counted.cards > 0
)
select
    organization_id, id, active.name, active.is_unclicked, coalesce(waiting.cards, 0) as cards, waiting.since,
    (select count(*) from waiting) as unserved,
    (select count(*) from active where is_unclicked) as unclicked
from active
left join waiting using (organization_id, id)
where waiting.cards > 0 or active.is_unclicked
order by waiting.since nulls last, id
limit $limit;
