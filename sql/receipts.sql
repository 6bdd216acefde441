-- What follows an answer: acknowledged by its agent, picked up, succeeded or failed. None of this changes the answer.

-- Cards are edited for it at most every few seconds: reports that come while an edit is due or under way share one
-- later edit. An edit that was refused, and is due much later, is brought forward: its cause may be mended. Lock order:
-- interaction, then cards.

-- name: acknowledge :many
-- Record that agents were given the ends of these questions; rounds are passed over. Never waits: returns those that
-- are locked, to be recorded again. The cards of an answer are edited to show it: with an edit that is still due, or in
-- $seconds, so that a receipt that follows at once is shown by the same edit.
with acknowledged as materialized (
    /* part: pairs */
),
owed as materialized (
    select interactions.organization_id, interactions.id
    from acknowledged
    join interactions
        on interactions.organization_id = acknowledged.organization_id and interactions.id = acknowledged.id
    where
        interactions.heard_at is null
        and interactions.status <> 'pending'
        and interactions.thing_id is null
    for no key update of interactions skip locked
),
heard as (
    update interactions
    set heard_at = clock_timestamp()
    from owed
    where
        interactions.organization_id = owed.organization_id
        and interactions.id = owed.id
        and interactions.heard_at is null
    returning interactions.organization_id, interactions.id, interactions.status
),
settling as (
    update cards
    set
        wanted = wanted + 1,
        due_at = case
            when shown < wanted and leased_until is null
                then least(due_at, clock_timestamp() + make_interval(secs => $seconds::float))
            else clock_timestamp() + make_interval(secs => $seconds::float)
        end
    from heard
    where
        cards.organization_id = heard.organization_id
        and cards.interaction_id = heard.id
        and heard.status = 'answered'
        and cards.given_up_at is null
        and (cards.ts is not null or cards.leased_until is not null)
)
select interactions.organization_id, interactions.id
from acknowledged
join interactions
    on interactions.organization_id = acknowledged.organization_id and interactions.id = acknowledged.id
where
    interactions.heard_at is null
    and interactions.status <> 'pending'
    and interactions.thing_id is null
    and not exists (select from owed where owed.id = interactions.id);

-- name: record :maybe
-- Record an agent's receipt of an answer: picked up, then succeeded or failed. Lock, decide from the locked row, and
-- return the outcome: recorded, repeated (the same receipt is recorded already), refused (another one is), unanswered,
-- or overdue (the deadline has passed and the end is not written: nothing is decided). A receipt also acknowledges the
-- answer. No row: there is no such interaction in this organization.
with locked as materialized (
    select status, expires_at, receipt
    from interactions
    where organization_id = $organization_id and id = $id
    for no key update
),
seen as materialized ( -- apart from the lock, so that the clock is read after the wait for it
    select locked.*, clock_timestamp() as now
    from locked
),
decided as materialized (
    select
        receipt ->> 'picked_up_at' as picked_up_at,
        to_char(now at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at,
        now,
        case
            when status = 'pending' and expires_at <= now then 'overdue'
            when status <> 'answered' then 'unanswered'
            when receipt is null then 'recorded'
            when
                receipt ->> 'status' = $status::text
                and receipt ->> 'summary' is not distinct from $summary::text
                and receipt ->> 'url' is not distinct from $url::text
                then 'repeated'
            when receipt ->> 'status' = 'picked_up' and $status::text <> 'picked_up' then 'recorded'
            else 'refused'
        end as outcome
    from seen
),
recorded as (
    update interactions
    set
        heard_at = coalesce(heard_at, decided.now),
        receipt = jsonb_build_object(
            'status', $status::text, 'summary', $summary::text, 'url', $url::text,
            'picked_up_at', case when $status::text = 'picked_up' then decided.at else decided.picked_up_at end,
            'at', decided.at)
    from decided
    where organization_id = $organization_id and id = $id and decided.outcome = 'recorded'
    returning organization_id, id
),
new_event as (
    insert into events (organization_id, id, interaction_id, type, detail, owed)
    select
        organization_id, $event_id, id, 'interaction.' || $status::text,
        jsonb_build_object('key', $key_name::text, 'summary', $summary::text, 'url', $url::text),
        true
    from recorded
),
settling as (
    update cards
    set
        wanted = wanted + 1,
        due_at = case
            when shown < wanted and leased_until is null
                then least(due_at, clock_timestamp() + make_interval(secs => $seconds::float))
            else clock_timestamp() + make_interval(secs => $seconds::float)
        end
    from recorded
    where
        cards.organization_id = $organization_id
        and cards.interaction_id = recorded.id
        and cards.given_up_at is null
        and (cards.ts is not null or cards.leased_until is not null)
)
select outcome
from decided;

-- name: mark_unacknowledged :many
-- Mark up to $limit answers that no agent has acknowledged for $seconds, so that their cards say so. Considers only
-- those that became late less than $within seconds ago, because acknowledged ones are read, too: an index without them
-- would be written by every acknowledgement. Interactions opened by a release that records no acknowledgements (unheard
-- is null) are left alone. Scans all organizations; the statement's clock, unlike clock_timestamp(), bounds the index
-- on both sides.
with late as materialized (
    select organization_id, id
    from interactions
    where
        status <> 'pending'
        and ended_at > statement_timestamp() - make_interval(secs => $seconds::float + $within::float)
        and ended_at <= statement_timestamp() - make_interval(secs => $seconds::float)
        and status = 'answered'
        and heard_at is null
        and not unheard
    order by ended_at
    limit $limit
    for no key update skip locked
),
said as (
    update interactions
    set unheard = true
    from late
    where
        interactions.organization_id = late.organization_id
        and interactions.id = late.id
        and interactions.heard_at is null
    returning interactions.organization_id, interactions.id
),
settling as (
    update cards
    set
        wanted = wanted + 1,
        due_at = case when shown < wanted then least(due_at, clock_timestamp()) else clock_timestamp() end
    from said
    where
        cards.organization_id = said.organization_id
        and cards.interaction_id = said.id
        and cards.given_up_at is null
        and (cards.ts is not null or cards.leased_until is not null)
)
select organization_id, id
from said;
