-- A passed deadline is written before it is told: here alone is decided how an interaction ends that no person answered.
-- The expiry loop writes the ends of all; a reader that meets one that is not written yet has it written first.

-- part: end
-- End the interactions in `due`, which are locked: with the default answer that was asked for or as expired when a person
-- could have seen a card, else as unreachable. The end counts from the deadline. Each is told in an event.
ended as (
    update interactions
    set
        status = case
            when cards_shown = 0 then 'unreachable'
            when on_expiry is null then 'expired'
            else 'answered'
        end,
        reason = case when cards_shown = 0 then $never_shown::jsonb end,
        answer = case when cards_shown > 0 then (answers -> on_expiry) || '{"by": null, "via": "default"}' end,
        choice = case when cards_shown > 0 then on_expiry end,
        claim_id = case -- no envelope has this digest, and every replica makes the same
            when cards_shown > 0 and on_expiry is not null
                then sha256(convert_to('on_expiry ' || interactions.id::text, 'UTF8'))
        end,
        ended_at = expires_at
    from due
    where
        interactions.organization_id = due.organization_id
        and interactions.id = due.id
        and interactions.status = 'pending'
    returning interactions.organization_id, interactions.id, interactions.status
),
told as (
    insert into events (organization_id, id, interaction_id, type, detail, owed)
    select
        organization_id, ($event_ids::uuid[])[row_number() over ()], id, 'interaction.' || status,
        case when status = 'answered' then '{"via": "default"}'::jsonb else '{}' end,
        true
    from ended
)

-- name: expire :many
-- End up to $limit interactions whose deadline has passed, longest ago first; those that are held are passed over. A row
-- for each, or one with no id; each says in how many seconds the next deadline passes, which is past already when an
-- interaction was passed over, and null when there is none. Safe on every replica at once. Scans all organizations for
-- what is due; the statement's clock, unlike clock_timestamp(), lets the index stop where nothing is due any more.
with due as materialized (
    select organization_id, id
    from interactions
    where status = 'pending' and expires_at <= statement_timestamp()
    order by expires_at
    limit $limit
    for no key update skip locked
),
/* part: end */,
/* part: settle */,
following as (
    select extract(epoch from expires_at - statement_timestamp())::float8 as seconds
    from interactions
    where
        status = 'pending'
        and (organization_id, id) not in (select organization_id, id from due)
    order by expires_at
    limit 1
)
select ended.organization_id, ended.id, ended.status, (select seconds from following) as next_in
from (values (true)) as always
left join ended on true;

-- name: end_named :many
-- The same for the named interactions of one organization. It waits for whatever holds them, such as a claim that was
-- decided before the deadline and is not committed yet; an interaction that has another end by then keeps it.
with due as materialized (
    select organization_id, id
    from interactions
    where
        organization_id = $organization_id
        and id = any ($ids::uuid[])
        and status = 'pending'
        and expires_at <= clock_timestamp()
    order by id
    for no key update
),
/* part: end */,
/* part: settle */
select organization_id, id, status
from ended;

-- name: end_due :many
-- The same for up to $limit interactions of one organization whose deadline has passed, whichever they are. A row for
-- each, or one with no id; each says how many were found, of which another replica may have ended some.
with found as materialized (
    select organization_id, id
    from interactions
    where -- "is true" keeps the planner on the index of deadlines: few have passed and are not written
        status = 'pending' and expires_at <= statement_timestamp() and (organization_id = $organization_id) is true
    order by expires_at
    limit $limit
),
due as materialized (
    select interactions.organization_id, interactions.id
    from found
    join interactions on interactions.organization_id = found.organization_id and interactions.id = found.id
    where interactions.status = 'pending'
    order by interactions.id
    for no key update of interactions
),
/* part: end */,
/* part: settle */
select ended.organization_id, ended.id, ended.status, (select count(*) from found) as found
from (values (true)) as always
left join ended on true;
