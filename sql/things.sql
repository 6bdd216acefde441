-- Things: what every noun has, whatever its own table says. Lock order: name lock, connection, thing and its noun's
-- row, open round, anchor, cards. Each lock is taken by a statement of its own, so that the next one sees what was
-- committed before the wait.

-- name: lock_name :one
-- Lock a name, such as the source of recoveries, until the transaction ends: who looks whether a thing of this name is
-- open, and then opens one, locks the name before it looks. Two names may share a lock, which does no harm.
select pg_advisory_xact_lock(hashtextextended($organization_id::uuid::text || ' ' || $name::text, 0)) as held;

-- name: lock_connection :maybe
-- Keep a connection from being disabled until the transaction ends. The shared lock before the row's keeps those who
-- open questions and rounds from overlapping for ever before one who disables, who takes it exclusively. is_active:
-- whether rounds can be opened on it.
with /* part: gate */
select connections.disabled_at is null as is_active, connections.default_channel, connections.home_teams
from gate
cross join connections
where connections.organization_id = $organization_id and connections.id = $connection_id
for share of connections;

-- name: lock_open :maybe
-- Keep another thing as it is until the transaction ends; locked in the order of ids with other things. ended_at is
-- null if it is open.
select things.noun, things.ended_at
from things
where organization_id = $organization_id and id = $id
for share;

-- name: open :none
-- Store a new thing without its noun's row, which the next statement of the transaction writes.
insert into things (
    organization_id, id, noun, connection_id, key_id, opened_by, addresses, asked_addresses, responders, anyone,
    home_teams, agent, tags, metadata, callback, callback_target, created_at, updated_at)
values (
    $organization_id, $id, $noun, $connection_id, $key_id, $opened_by, '[]', $asked_addresses::jsonb,
    $responders::text[], $anyone, $home_teams::text[], $agent::jsonb, $tags::text[], $metadata::jsonb, $callback,
    $callback_target, $now, $now);

-- name: change :none
-- Store what a locked thing has in common with all nouns, as an agent gave it anew.
update things
set
    asked_addresses = $asked_addresses::jsonb,
    added_addresses = $added_addresses::jsonb,
    responders = $responders::text[],
    anyone = $anyone,
    home_teams = $home_teams::text[],
    agent = $agent::jsonb,
    tags = $tags::text[],
    metadata = $metadata::jsonb,
    callback = $callback,
    callback_target = $callback_target
where organization_id = $organization_id and id = $id;

-- name: now :one
-- The database's clock.
select clock_timestamp() as now;

-- name: request :maybe
-- What was done for an Idempotency-Key, and the hash of the request that asked for it.
select thing_id, request_hash, made_id
from thing_requests
where organization_id = $organization_id and idempotency_key = $idempotency_key;

-- name: keep_request :none
-- Keep the Idempotency-Key of a request that changed nothing of a locked thing.
insert into thing_requests (organization_id, idempotency_key, request_hash, thing_id)
values ($organization_id, $idempotency_key, $request_hash, $thing_id);

-- name: count :one
-- How many things of an organization are open, counted up to $limit.
select count(*) as open
from (
    select
    from things
    where organization_id = $organization_id and ended_at is null
    limit $limit
) as counted;

-- name: reached :maybe
-- The status of the first move of a thing after number $after to one of these statuses.
select to_status
from history
where
    organization_id = $organization_id
    and thing_id = $thing_id
    and number > $after
    and to_status = any ($statuses::text[])
    and to_status is distinct from from_status
order by number
limit 1;

-- name: timeline :many
-- What happened to a thing, oldest first, moves of one moment in their order: its moves, the clicks on its rounds with
-- their verdicts, what became of its cards, and its deliveries; of each at most $limit, the latest.
select at, type, by, verdict, detail
from (
    (
        select
            at, thing.noun || '.' || move as type, by, null::text as verdict,
            detail || jsonb_build_object('from', from_status, 'to', to_status, 'reason', reason) as detail, number
        from history
        cross join (
            select noun
            from things
            where organization_id = $organization_id and id = $thing_id
        ) as thing
        where history.organization_id = $organization_id and history.thing_id = $thing_id
        order by number desc
        limit $limit
    )
    union all
    (
        select
            clicks.clicked_at, 'interaction.clicked',
            jsonb_build_object('user', clicks.user_id, 'name', clicks.user_name, 'team', clicks.user_team),
            clicks.verdict,
            jsonb_build_object(
                'choice', clicks.choice, 'channel', clicks.channel, 'ts', clicks.ts, 'repeats', clicks.repeats,
                'refusal', clicks.refusal),
            null
        from interactions
        join clicks on clicks.organization_id = $organization_id and clicks.interaction_id = interactions.id
        where interactions.organization_id = $organization_id and interactions.thing_id = $thing_id
        order by clicks.clicked_at desc
        limit $limit
    )
    union all
    (
        select events.at, events.type, '{}', null, events.detail, null
        from things
        join events on events.organization_id = $organization_id and events.interaction_id = things.anchor_id
        where things.organization_id = $organization_id and things.id = $thing_id and events.type like 'card.%'
        order by events.at desc
        limit $limit
    )
    union all
    (
        select events.at, events.type, '{}', null, events.detail, null
        from things
        join events on events.organization_id = $organization_id and events.thing_id = things.id
        where
            things.organization_id = $organization_id
            and things.id = $thing_id
            and events.type = things.noun || '.unreachable'
        order by events.at desc
        limit $limit
    )
    union all
    ( -- one message, or one reason, for the notes that were joined
        select
            coalesce(sent_at, given_up_at), case when ts is not null then 'note.posted' else 'note.given_up' end, '{}',
            null,
            case
                when ts is not null then jsonb_build_object('channel', channel, 'ts', ts)
                else jsonb_build_object('cause', reason)
            end || jsonb_build_object('to', address, 'notes', count(*)),
            null
        from (
            select notes.*, cards.address
            from notes
            join cards
                on cards.organization_id = $organization_id
                and cards.interaction_id = notes.interaction_id
                and cards.id = notes.card_id
            where notes.organization_id = $organization_id and notes.thing_id = $thing_id
        ) as of_cards
        where coalesce(sent_at, given_up_at) is not null
        group by card_id, address, channel, ts, sent_at, given_up_at, reason
        order by coalesce(sent_at, given_up_at) desc
        limit $limit
    )
    union all
    (
        select
            coalesce(deliveries.ended_at, deliveries.created_at), 'delivery.' || deliveries.status, '{}', null,
            jsonb_build_object(
                'event', events.type, 'endpoint', deliveries.endpoint_id, 'failures', deliveries.failures,
                'outcome', deliveries.outcome),
            null
        from deliveries
        join events on events.organization_id = $organization_id and events.id = deliveries.event_id
        where deliveries.organization_id = $organization_id and deliveries.thing_id = $thing_id
        order by deliveries.event_id desc
        limit $limit
    )
) as entries
order by at, number;

-- name: changed :many
-- Those of the watched things that have moved past the number that their reader saw. One row for each.
select things.organization_id, things.id
from unnest($organization_ids::uuid[], $ids::uuid[], $numbers::int[]) as watched (organization_id, id, number)
join things on things.organization_id = watched.organization_id and things.id = watched.id
where things.moves > watched.number;

-- name: overlooked :many
-- What no wake has announced: up to $limit things that should have an open round and have none, because their
-- connection was disabled and is active again: those that are open, and those that people can still correct, of which
-- only the ones whose round was cancelled with a connection are read. And, in every row, whether notes wait that no
-- replica posts or edits. There is one row without a thing if every thing has its round. Scans all organizations.
with lost as (
    select distinct organization_id, thing_id
    from interactions
    where thing_id is not null and status = 'cancelled' and reason ->> 'code' = 'disconnected'
),
open as (
    select organization_id, id, noun, connection_id
    from things
    where ended_at is null and (anchor_id is not null or addresses <> '[]')
    union all
    select things.organization_id, things.id, things.noun, things.connection_id
    from lost
    join things on things.organization_id = lost.organization_id and things.id = lost.thing_id
    where things.is_correctable
),
missing as (
    select open.organization_id, open.connection_id, open.id, open.noun
    from open
    join connections on connections.organization_id = open.organization_id and connections.id = open.connection_id
    where
        connections.disabled_at is null
        and not exists (
            select
            from interactions
            where
                interactions.organization_id = open.organization_id
                and interactions.thing_id = open.id
                and interactions.status = 'pending'
        )
    limit $limit
),
late as (
    select exists (
        select
        from notes
        where /* part: note_waits */ and notes.due_at <= statement_timestamp()
    )
    or exists (
        select
        from notes
        where
            notes.over_at is not null and notes.edited_at is null and notes.ts is not null
            and notes.due_at <= statement_timestamp()
    ) as has_notes
)
select late.has_notes, missing.organization_id, missing.connection_id, missing.id, missing.noun
from late
left join missing on true;

-- name: newest_open :many
-- The newest $limit open things of a connection, newest first.
select id, noun
from things
where organization_id = $organization_id and connection_id = $connection_id and ended_at is null
order by id desc
limit $limit;
