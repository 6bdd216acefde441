-- What ended long ago is forgotten, with all that belongs to it: its copies, its clicks, its events, its deliveries.
-- Three statements of one transaction, because a statement that waits for a lock would decide from before its wait: hold,
-- settled, forget.

-- name: hold :many
-- Hold up to $most questions that ended more than $days days ago, oldest end first, from after the one named on. Those
-- that somebody else holds are passed over, so it never waits. Scans all organizations; the statement's clock, unlike
-- clock_timestamp(), lets the index stop where nothing is old enough any more.
select organization_id, id, ended_at
from interactions
where
    status <> 'pending'
    and ended_at < statement_timestamp() - make_interval(days => $days::int)
    and (ended_at, organization_id, id) > ($after::timestamptz, $after_organization_id::uuid, $after_id::uuid)
order by ended_at, organization_id, id
limit $most
for update skip locked;

-- name: settled :many
-- Which of the held questions owe nobody anything: no copy of theirs is on a screen without showing its end, every event
-- has its place in the feed, and nothing is still to be delivered to an agent. A copy that was given up and a delivery
-- that is dead owe nothing more.
with held as (
    select organization_id, id
    from unnest($organization_ids::uuid[], $ids::uuid[]) as pairs (organization_id, id)
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
            and cards.ts is not null
            and cards.shown < cards.wanted
            and not cards.settled
            and cards.given_up_at is null
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
-- Forget held questions with their copies, clicks, events and deliveries; how many rows that were.
with held as materialized (
    select organization_id, id
    from unnest($organization_ids::uuid[], $ids::uuid[]) as pairs (organization_id, id)
),
delivered as (
    delete from deliveries
    using held
    where deliveries.organization_id = held.organization_id and deliveries.interaction_id = held.id
    returning deliveries.event_id
),
told as (
    delete from events
    using held
    where events.organization_id = held.organization_id and events.interaction_id = held.id
    returning events.id
),
clicked as (
    delete from clicks
    using held
    where clicks.organization_id = held.organization_id and clicks.interaction_id = held.id
    returning clicks.claim_id
),
posted as (
    delete from cards
    using held
    where cards.organization_id = held.organization_id and cards.interaction_id = held.id
    returning cards.id
),
asked as (
    delete from interactions
    using held
    where interactions.organization_id = held.organization_id and interactions.id = held.id
    returning interactions.id
)
select
    (select count(*) from delivered)
    + (select count(*) from told)
    + (select count(*) from clicked)
    + (select count(*) from posted)
    + (select count(*) from asked) as rows;

-- name: forget_clicks :one
-- Forget up to $most clicks on no question (their verdict is gone) that came more than $days days ago; how many. Scans
-- all organizations, as hold does.
with old as materialized (
    select organization_id, claim_id
    from clicks
    where interaction_id is null and clicked_at < statement_timestamp() - make_interval(days => $days::int)
    order by clicked_at
    limit $most
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

-- name: forget_endpoints :one
-- Forget up to $most endpoints that were deleted more than $days days ago and that no delivery names any more; how many.
-- For each of them the foreign key goes through all deliveries of its organization, 0.1 s for a million. Scans all
-- organizations, as hold does.
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
    limit $most
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
