-- Which connections some replica can post for. A replica that has a connection's token renews a serving lease on it. A
-- serving lease that is not renewed expires on the database's clock, and the cards of the connection are shelved: no
-- lease of cards reads them until the connection is served again.

-- part: waiting
-- The connections that have a card to be shown, found one after the other, as the lease of cards does.
waiting as (
    select organization_id, connection_id
    from (
        select organization_id, connection_id
        from cards
        where shown < wanted and shelved < wanted and given_up_at is null
        order by organization_id, connection_id
        limit 1
    ) as first
    union all
    select following.organization_id, following.connection_id
    from waiting
    cross join lateral (
        select organization_id, connection_id
        from cards
        where
            shown < wanted
            and shelved < wanted
            and given_up_at is null
            and (organization_id, connection_id) > (waiting.organization_id, waiting.connection_id)
        order by organization_id, connection_id
        limit 1
    ) as following
)

-- name: renew :one
-- Record for $seconds that this replica has working tokens for these connections, and put back up to $limit of their
-- shelved cards. started: how many connections were not served before; put_back: how many cards were put back. A card
-- that another statement shelves at this moment may be missed: the next pass puts it back, which follows at once if a
-- connection was not served before.
with mine as materialized (
    select connections.organization_id, connections.id as connection_id
    from unnest($organization_ids::uuid[], $connection_ids::uuid[]) as settings (organization_id, connection_id)
    join connections
        on connections.organization_id = settings.organization_id and connections.id = settings.connection_id
),
claimed as (
    insert into serving (organization_id, connection_id, served_since, served_until)
    select
        organization_id, connection_id, statement_timestamp(),
        statement_timestamp() + make_interval(secs => $seconds::int)
    from mine
    order by organization_id, connection_id -- all replicas lock in the same order
    on conflict (organization_id, connection_id) do update
    set
        served_since = case
            when serving.served_until <= statement_timestamp() then excluded.served_since
            else serving.served_since
        end,
        served_until = greatest(serving.served_until, excluded.served_until)
    returning served_since = statement_timestamp() as started
),
shelved as materialized (
    select cards.organization_id, cards.interaction_id, cards.id
    from mine
    join cards on cards.organization_id = mine.organization_id and cards.connection_id = mine.connection_id
    where cards.shown < cards.wanted and cards.shelved = cards.wanted and cards.given_up_at is null
    limit $limit
    for update of cards skip locked
),
put_back as (
    update cards
    set shelved = 0
    from shelved
    where
        cards.organization_id = shelved.organization_id
        and cards.interaction_id = shelved.interaction_id
        and cards.id = shelved.id
    returning cards.id
)
select
    (select count(*) from claimed where started) as started,
    (select count(*) from put_back) as put_back;

-- name: note :none
-- Insert a row for every connection that has a card to be shown and was never served. A statement of its own, which
-- locks in the order in which replicas renew, so that the two cannot deadlock. Scans all organizations.
with recursive /* part: waiting */
insert into serving (organization_id, connection_id, served_since, served_until)
select waiting.organization_id, waiting.connection_id, statement_timestamp(), statement_timestamp()
from waiting
where
    not exists (
        select
        from serving
        where
            serving.organization_id = waiting.organization_id
            and serving.connection_id = waiting.connection_id)
order by waiting.organization_id, waiting.connection_id
on conflict (organization_id, connection_id) do nothing;

-- name: shelve :one
-- Shelve up to $limit cards whose connections no replica serves; returns how many. The timeline of one that was never
-- posted gets an entry with $reason, whose id is one of as many $event_ids. The row of the serving lease is locked, so
-- that cards of a connection that is served again at this moment are left alone. Scans all organizations.
with recursive /* part: waiting */,
lapsed as materialized (
    select serving.organization_id, serving.connection_id
    from waiting
    join serving
        on serving.organization_id = waiting.organization_id and serving.connection_id = waiting.connection_id
    where serving.served_until <= statement_timestamp()
    limit $limit
    for update of serving skip locked
),
unserved as materialized (
    select cards.organization_id, cards.interaction_id, cards.id
    from lapsed
    join cards on cards.organization_id = lapsed.organization_id and cards.connection_id = lapsed.connection_id
    where cards.shown < cards.wanted and cards.shelved < cards.wanted and cards.given_up_at is null
    limit $limit
    for update of cards skip locked
),
shelved as (
    update cards
    set shelved = wanted
    from unserved
    where
        cards.organization_id = unserved.organization_id
        and cards.interaction_id = unserved.interaction_id
        and cards.id = unserved.id
    returning cards.organization_id, cards.interaction_id, cards.ts
),
new_events as (
    insert into events (organization_id, id, interaction_id, type, detail)
    select
        organization_id, ($event_ids::uuid[])[row_number() over ()], interaction_id, 'card.waiting', $reason::jsonb
    from shelved
    where ts is null
)
select count(*) as number
from shelved;

-- name: get :maybe
-- Since when and until when some replica can post for a connection, and whether one can now. No row: none ever could,
-- or ever had to.
select
    organization_id, connection_id, served_since, served_until, served_until > statement_timestamp() as served
from serving
where organization_id = $organization_id and connection_id = $connection_id;
