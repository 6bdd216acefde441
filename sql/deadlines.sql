-- The end of an interaction that no person answered in time is decided by these statements alone, and written before
-- any reader reports it. The expiry loop writes most ends; a reader that finds one not written has it written first.

-- part: end
-- End the interactions in `due`, which are locked: with the default answer that the agent chose, or as expired, if a
-- card was or may have been shown; else as unreachable, for the reason why its cards waited: $unserved if no replica
-- could post them at the deadline, else that of the first card with one, with the fix that $fixes has for its code, else
-- $never_shown. The time of the end is the deadline. Each end writes an event.
ended as (
    update interactions
    set
        status = case
            when cards_shown = 0 then 'unreachable'
            when on_expiry is null then 'expired'
            else 'answered'
        end,
        reason = case
            when cards_shown > 0 then null
            when
                not exists (
                    select
                    from serving
                    where
                        serving.organization_id = due.organization_id
                        and serving.connection_id = interactions.connection_id
                        and serving.served_since <= interactions.expires_at
                        and serving.served_until > interactions.expires_at
                )
                then $unserved::jsonb
            else coalesce(
                (
                    select
                        cards.reason || jsonb_build_object(
                            'detail',
                            rtrim($never_shown::jsonb ->> 'detail', '.') || ': ' || (cards.reason ->> 'detail'),
                            'fix',
                            coalesce($fixes::jsonb ->> (cards.reason ->> 'code'), $never_shown::jsonb ->> 'fix'))
                    from cards
                    where
                        cards.organization_id = due.organization_id
                        and cards.interaction_id = due.id
                        and cards.ts is null
                        and cards.given_up_at is null
                        and cards.reason is not null
                    order by cards.ordinal
                    limit 1
                ),
                $never_shown::jsonb)
        end,
        answer = case when cards_shown > 0 then (answers -> on_expiry) || '{"by": null, "via": "default"}' end,
        choice = case when cards_shown > 0 then on_expiry end,
        claim_id = case -- no click's envelope has this digest, and every replica computes the same one
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
new_events as (
    insert into events (organization_id, id, interaction_id, type, detail, owed)
    select
        organization_id, ($event_ids::uuid[])[row_number() over ()], id, 'interaction.' || status,
        case when status = 'answered' then '{"via": "default"}'::jsonb else '{}' end,
        true
    from ended
)

-- part: uncalled
-- Pending, with a default answer, and without its last call.
status = 'pending'
and on_expiry is not null
and not last_called
and expires_at > statement_timestamp()

-- name: expire :many
-- End up to $limit interactions whose deadline has passed, longest ago first; locked rows are skipped. Returns a row
-- for each, or one row without an id. next_in: seconds until the next deadline or last call, not positive if a locked row
-- was skipped, null if there is none. Safe on every replica at once. Scans all organizations for due rows; the statement's
-- clock, unlike clock_timestamp(), lets the index stop at the first row that is not due.
-- Last calls: up to $limit interactions with a default answer have their posted cards edited once more, 60 s before the
-- deadline or at nine tenths of their life, whichever is later, so that a card that is gone is found before the default
-- counts. called: how many cards were made due by it. Last calls more than 15 s ahead do not count for next_in: the
-- loop's own interval is shorter.
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
last_calls as materialized (
    select organization_id, id
    from interactions
    where
        /* part: uncalled */
        and expires_at <= statement_timestamp() + interval '60 seconds'
        and created_at + (expires_at - created_at) * 0.9 <= statement_timestamp()
    order by expires_at
    limit $limit
    for no key update skip locked
),
called as (
    update interactions
    set last_called = true
    from last_calls
    where
        interactions.organization_id = last_calls.organization_id
        and interactions.id = last_calls.id
        and interactions.status = 'pending'
    returning interactions.organization_id, interactions.id
),
calling as (
    update cards
    set wanted = wanted + 1, due_at = clock_timestamp()
    from called
    where
        cards.organization_id = called.organization_id
        and cards.interaction_id = called.id
        and cards.ts is not null
        and cards.given_up_at is null
    returning cards.id
),
next_call as (
    select
        extract(
            epoch from
            min(greatest(expires_at - interval '60 seconds', created_at + (expires_at - created_at) * 0.9))
            - statement_timestamp())::float8 as seconds
    from interactions
    where
        /* part: uncalled */
        and expires_at <= statement_timestamp() + interval '75 seconds'
        and (organization_id, id) not in (select organization_id, id from last_calls)
),
following as (
    select extract(epoch from expires_at - statement_timestamp())::float8 as seconds
    from interactions
    where
        status = 'pending'
        and expires_at < '9999-12-31Z' -- a round of a thing has no deadline
        and (organization_id, id) not in (select organization_id, id from due)
    order by expires_at
    limit 1
)
select
    ended.organization_id,
    ended.id,
    ended.status,
    least((select seconds from following), (select seconds from next_call)) as next_in,
    (select count(*) from calling) as called
from (values (true)) as always
left join ended on true;

-- name: end_named :many
-- End those of the named interactions of one organization whose deadline has passed. It waits for locked rows, such as
-- those of a claim that was decided before the deadline and is not committed yet; an interaction that has another end
-- by then keeps it.
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
-- End up to $limit interactions of one organization whose deadline has passed; waits, as end_named does. Returns a row
-- for each, or one row without an id. found: how many were due, of which another replica may have ended some.
with found as materialized (
    select organization_id, id
    from interactions
    where -- "is true" keeps the planner on the index of deadlines, where few rows are due
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
