-- Interactions that ended long ago are deleted with all that belongs to them: cards, clicks, events and deliveries.
-- Three statements of one transaction (hold, settled, forget), because a statement that waits for a lock would decide
-- from the snapshot that it took before the wait. Things are deleted likewise (hold_things, hold_rounds, settled_things,
-- forget for their rounds, forget_things).

-- part: must_be_edited
-- Whether a posted card does not show the end yet.
cards.ts is not null and cards.shown < cards.wanted and not cards.settled and cards.given_up_at is null

-- name: hold :many
-- Lock up to $limit interactions that ended more than $days days ago, oldest end first, beginning after the named one.
-- Locked rows are skipped, so it never waits. An anchor stays as long as its thing, whose cards belong to it. Scans all
-- organizations; the statement's clock, unlike clock_timestamp(), lets the index stop at the first row that is not old
-- enough.
select organization_id, id, ended_at
from interactions
where
    status <> 'pending'
    and not is_anchor
    and ended_at < statement_timestamp() - make_interval(days => $days::int)
    and (ended_at, organization_id, id) > ($after::timestamptz, $after_organization_id::uuid, $after_id::uuid)
order by ended_at, organization_id, id
limit $limit
for update skip locked;

-- name: settled :many
-- Those of the locked interactions that have no work outstanding: every posted card shows the end, every event has its
-- position in the feed and its deliveries written, and no delivery is pending. Cards that were given up and dead
-- deliveries count as done.
with held as (
    /* part: pairs */
)
select organization_id, id
from held
where
    not exists (
        select
        from cards
        where
            cards.organization_id = held.organization_id
            and cards.interaction_id = held.id
            and /* part: must_be_edited */
    )
    and not exists ( -- it has no position yet, or its deliveries are not written
        select
        from events
        where
            events.organization_id = held.organization_id
            and events.interaction_id = held.id
            and (events.owed or (events.position is null and events.type not like 'card.%'))
    )
    and not exists (
        select
        from deliveries
        where
            deliveries.organization_id = held.organization_id
            and deliveries.interaction_id = held.id
            and deliveries.status = 'pending'
    );

-- name: forget :one
-- Delete locked interactions with their cards, clicks, events and deliveries; returns how many rows those were.
with held as materialized (
    /* part: pairs */
),
deleted_deliveries as (
    delete from deliveries
    using held
    where deliveries.organization_id = held.organization_id and deliveries.interaction_id = held.id
    returning deliveries.event_id
),
deleted_events as (
    delete from events
    using held
    where events.organization_id = held.organization_id and events.interaction_id = held.id
    returning events.id
),
deleted_clicks as (
    delete from clicks
    using held
    where clicks.organization_id = held.organization_id and clicks.interaction_id = held.id
    returning clicks.claim_id
),
deleted_cards as (
    delete from cards
    using held
    where cards.organization_id = held.organization_id and cards.interaction_id = held.id
    returning cards.id
),
deleted_interactions as (
    delete from interactions
    using held
    where interactions.organization_id = held.organization_id and interactions.id = held.id
    returning interactions.id
)
select
    (select count(*) from deleted_deliveries)
    + (select count(*) from deleted_events)
    + (select count(*) from deleted_clicks)
    + (select count(*) from deleted_cards)
    + (select count(*) from deleted_interactions) as rows;

-- name: forget_clicks :one
-- Delete up to $limit clicks on no interaction (their verdict is gone) that came more than $days days ago; returns how
-- many. Scans all organizations, as hold does.
with old as materialized (
    select organization_id, claim_id
    from clicks
    where interaction_id is null and clicked_at < statement_timestamp() - make_interval(days => $days::int)
    order by clicked_at
    limit $limit
    for update skip locked
),
forgotten as (
    delete from clicks
    using old
    where clicks.organization_id = old.organization_id and clicks.claim_id = old.claim_id
    returning clicks.claim_id
)
select count(*) as rows
from forgotten;

-- name: retire_endpoints :one
-- Delete up to $limit endpoints that have been disabled for more than $days days, as an agent deletes one: the row
-- stays, emptied, until forget_endpoints removes it; returns how many. One that was enabled meanwhile stays (the
-- condition is evaluated on the locked row), and so does one that another transaction has locked. Scans all
-- organizations, as hold does.
with old as materialized (
    select organization_id, id
    from webhook_endpoints
    where disabled_reason <> 'deleted' and disabled_at < statement_timestamp() - make_interval(days => $days::int)
    order by disabled_at
    limit $limit
    for update skip locked
),
retired as (
    update webhook_endpoints
    set url = '', types = null, failing_since = null, disabled_reason = 'deleted'
    from old
    where webhook_endpoints.organization_id = old.organization_id and webhook_endpoints.id = old.id
    returning webhook_endpoints.id
)
select count(*) as rows
from retired;

-- name: forget_endpoints :one
-- Remove up to $limit rows of endpoints that were deleted more than $days days ago and have no deliveries any more;
-- returns how many. For each of them the foreign key scans all deliveries of its organization, which takes 0.1 s for a
-- million. Scans all organizations, as hold does.
with old as materialized (
    select organization_id, id
    from webhook_endpoints
    where disabled_reason = 'deleted' and disabled_at < statement_timestamp() - make_interval(days => $days::int)
),
held as materialized (
    select webhook_endpoints.organization_id, webhook_endpoints.id
    from old
    join webhook_endpoints on webhook_endpoints.organization_id = old.organization_id and webhook_endpoints.id = old.id
    where
        not exists (
            select
            from deliveries
            where deliveries.organization_id = old.organization_id and deliveries.target_id = old.id
        )
    limit $limit
    for update of webhook_endpoints skip locked
),
forgotten as (
    delete from webhook_endpoints
    using held
    where webhook_endpoints.organization_id = held.organization_id and webhook_endpoints.id = held.id
    returning webhook_endpoints.id
)
select count(*) as rows
from forgotten;

-- name: forget_throttles :one
-- Delete up to $limit token buckets that have been full for a day; returns how many. A full bucket and none are the
-- same to throttles.take. Scans all organizations; the table has one row for each destination that was used lately.
with full_ones as materialized (
    select organization_id, name
    from throttles
    where at < statement_timestamp() - interval '1 day'
    limit $limit
    for update skip locked
),
forgotten as (
    delete from throttles
    using full_ones
    where throttles.organization_id = full_ones.organization_id and throttles.name = full_ones.name
    returning throttles.name
)
select count(*) as rows
from forgotten;

-- name: hold_things :many
-- Lock up to $limit things that ended more than $days days ago, as hold does.
select organization_id, id, ended_at
from things
where
    ended_at < statement_timestamp() - make_interval(days => $days::int)
    and (ended_at, organization_id, id) > ($after::timestamptz, $after_organization_id::uuid, $after_id::uuid)
order by ended_at, organization_id, id
limit $limit
for update skip locked;

-- name: hold_rounds :many
-- Lock the rounds of locked things. Locked rows are skipped.
select interactions.organization_id, interactions.thing_id, interactions.id
from unnest($organization_ids::uuid[], $ids::uuid[]) as held (organization_id, id)
join interactions on interactions.organization_id = held.organization_id and interactions.thing_id = held.id
order by interactions.organization_id, interactions.id
for update of interactions skip locked;

-- name: settled_things :many
-- Those of the locked things that owe nothing: every posted card shows the end and has its notes, every event has its
-- position and its deliveries written, no delivery is pending, and all their rounds are locked.
with held as (
    /* part: pairs */
)
select held.organization_id, held.id
from held
join things on things.organization_id = held.organization_id and things.id = held.id
where
    things.ended_at is not null
    and not exists (
        select
        from cards
        where
            cards.organization_id = held.organization_id
            and cards.interaction_id = things.anchor_id
            and /* part: must_be_edited */
    )
    and not exists ( -- one for a card that was never posted is not waited for
        select
        from notes
        join cards
            on cards.organization_id = held.organization_id
            and cards.interaction_id = notes.interaction_id
            and cards.id = notes.card_id
        where
            notes.organization_id = held.organization_id
            and notes.thing_id = held.id
            and /* part: note_waits */
            and cards.ts is not null
            and cards.given_up_at is null
            and cards.retired_at is null
    )
    and not exists (
        select
        from events
        where
            events.organization_id = held.organization_id
            and events.thing_id = held.id
            and (events.owed or events.position is null)
    )
    and not exists (
        select
        from deliveries
        where
            deliveries.organization_id = held.organization_id
            and deliveries.thing_id = held.id
            and deliveries.status = 'pending'
    )
    and not exists (
        select
        from interactions
        where
            interactions.organization_id = held.organization_id
            and interactions.thing_id = held.id
            and interactions.id <> all ($round_ids::uuid[])
    );

-- name: forget_things :one
-- Delete locked things, whose rounds are deleted already, with their events and deliveries; their noun's rows, history and
-- requests go with them. Returns how many rows of these tables those were.
with held as materialized (
    /* part: pairs */
),
deleted_deliveries as (
    delete from deliveries
    using held
    where deliveries.organization_id = held.organization_id and deliveries.thing_id = held.id
    returning deliveries.event_id
),
deleted_events as (
    delete from events
    using held
    where events.organization_id = held.organization_id and events.thing_id = held.id
    returning events.id
),
deleted_things as (
    delete from things
    using held
    where things.organization_id = held.organization_id and things.id = held.id
    returning things.id
)
select
    (select count(*) from deleted_deliveries)
    + (select count(*) from deleted_events)
    + (select count(*) from deleted_things) as rows;
