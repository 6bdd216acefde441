-- The feed: the events of an organization's interactions and things, in an order in which no reader can miss one. An
-- event gets its position after its commit, from one replica at a time, so that an event that commits late gets a later
-- position. Its deliveries are written with its position: the event is the outbox. Events of cards (card.*) are in the
-- timeline of their interaction, or of its thing, only.

-- name: number :many
-- Give up to $limit committed events their positions, and write the deliveries that they cause: to the endpoints that
-- are active at this moment, to the callback of an interaction that has ended, and to that of a thing. Returns for each
-- organization how many events were due, how many were done, and how many deliveries were written.
-- The transaction that has locked an organization's row, which has the counter of positions, is the only one that
-- numbers its events. It locks that row before any event, so an event that it finds locked is no part of another such
-- pass. Other replicas skip the organization (done is less than due) and never wait; every organization has its share
-- of a batch, so a locked one delays no other.
-- An interaction or thing that is being deleted, or that a replica of the previous release has locked, is skipped too,
-- because its deliveries reference it, and so are its later events. Events of the previous release are not owed: it
-- wrote their deliveries itself. Scans all organizations for due events.
with recursive waiting as (
    select organization_id
    from (
        select organization_id
        from events
        where owed or (position is null and type not like 'card.%')
        order by organization_id
        limit 1
    ) as first
    union all
    select following.organization_id
    from waiting
    cross join lateral (
        select organization_id
        from events
        where
            (owed or (position is null and type not like 'card.%'))
            and organization_id > waiting.organization_id
        order by organization_id
        limit 1
    ) as following
),
candidates as materialized (
    select organization_id, id, subject_id, at
    from (
        select
            oldest.organization_id, oldest.id, oldest.subject_id, oldest.at,
            row_number() over (partition by oldest.organization_id order by oldest.at, oldest.id) as turn
        from waiting
        cross join lateral (
            select organization_id, id, coalesce(interaction_id, thing_id) as subject_id, at
            from events
            where
                organization_id = waiting.organization_id
                and (owed or (position is null and type not like 'card.%'))
                -- A later release numbers events of other resources itself.
                and (interaction_id is not null or thing_id is not null)
            order by at, id
            limit (select 1 + $limit::bigint * 4 / greatest(count(*), 1) from waiting)
        ) as oldest
    ) as every
    order by turn, at
    limit $limit
),
due_of as materialized (
    select organization_id, count(*) as due
    from candidates
    group by organization_id
),
held as materialized (
    select counters.organization_id, counters.events_position
    from due_of
    cross join lateral ( -- one by one by their key, so that the number of organizations does not matter
        select organization_id, events_position
        from organizations
        where organization_id = due_of.organization_id
        for no key update of organizations skip locked
    ) as counters
),
due as materialized (
    select
        events.organization_id, events.id, events.interaction_id, events.thing_id,
        coalesce(events.interaction_id, events.thing_id) as subject_id, events.type, events.at, events.position, events.owed
    from held
    join candidates using (organization_id)
    join events on events.organization_id = held.organization_id and events.id = candidates.id
    where events.owed or (events.position is null and events.type not like 'card.%')
    for no key update of events skip locked
),
caused as materialized (
    select
        due.organization_id, due.id, due.interaction_id, due.thing_id, called.id as target_id, called.id as endpoint_id
    from due
    cross join lateral ( -- a subquery of its own, so that no other organization's endpoints are read
        select id
        from webhook_endpoints
        where
            organization_id = due.organization_id
            and disabled_at is null
            and (
                due.type = any (coalesce(types, $ends::text[]))
                or split_part(due.type, '.', 1) || '.*' = any (types)
            )
        offset 0
    ) as called
    where due.owed
    union all
    select due.organization_id, due.id, due.interaction_id, due.thing_id, interactions.callback_target, null
    from due
    join interactions
        on interactions.organization_id = due.organization_id and interactions.id = due.interaction_id
    where due.owed and due.type = any ($ends::text[]) and interactions.callback_target is not null
    union all
    select due.organization_id, due.id, due.interaction_id, due.thing_id, things.callback_target, null
    from due
    join things on things.organization_id = due.organization_id and things.id = due.thing_id
    where due.owed and things.callback_target is not null
),
named as materialized (
    select distinct organization_id, interaction_id, thing_id
    from caused
),
kept as materialized ( -- takes the lock that the foreign key of deliveries takes, without waiting for it
    select interactions.organization_id, interactions.id
    from named
    join interactions
        on interactions.organization_id = named.organization_id and interactions.id = named.interaction_id
    for key share of interactions skip locked
),
kept_things as materialized (
    select things.organization_id, things.id
    from named
    join things on things.organization_id = named.organization_id and things.id = named.thing_id
    for key share of things skip locked
),
put_off as materialized ( -- subjects with an event that cannot be done now, and the time of the first such event
    select subject_id, min(at) as since
    from (
        select candidates.subject_id, candidates.at
        from held
        join candidates using (organization_id)
        left join due using (organization_id, id)
        where due.id is null
        union all
        select due.subject_id, due.at
        from due
        join caused using (organization_id, id)
        left join kept on kept.id = caused.interaction_id
        left join kept_things on kept_things.id = caused.thing_id
        where kept.id is null and kept_things.id is null
    ) as missing
    group by subject_id
),
placed as materialized (
    select
        due.organization_id, due.id, due.at,
        coalesce(
            due.position,
            held.events_position
            + row_number() over (partition by due.organization_id, due.position is null order by due.at, due.id)
        ) as place
    from held
    join due using (organization_id)
    left join put_off on put_off.subject_id = due.subject_id and put_off.since <= due.at
    where put_off.subject_id is null
),
numbered as (
    update events
    set position = placed.place, owed = false
    from placed
    where
        events.organization_id = placed.organization_id
        and events.id = placed.id
        and (events.owed or events.position is null)
    returning events.organization_id
),
latest as (
    select organization_id, max(place) as place
    from placed
    group by organization_id
),
counted as (
    update organizations
    set events_position = latest.place
    from latest
    where organizations.organization_id = latest.organization_id and organizations.events_position < latest.place
),
delivering as ( -- in the order of the feed, which is the order in which they become due
    insert into deliveries (organization_id, target_id, event_id, interaction_id, thing_id, endpoint_id, created_at)
    select
        organization_id, caused.target_id, id, caused.interaction_id, caused.thing_id, caused.endpoint_id, placed.at
    from placed
    join caused using (organization_id, id)
    order by placed.place
    on conflict (organization_id, target_id, event_id) do nothing
    returning organization_id
),
done as (
    select organization_id, count(*) as done
    from numbered
    group by organization_id
),
made as (
    select organization_id, count(*) as deliveries
    from delivering
    group by organization_id
)
select
    organization_id,
    due_of.due,
    coalesce(done.done, 0) as done,
    coalesce(made.deliveries, 0) as deliveries
from due_of
left join done using (organization_id)
left join made using (organization_id);

-- name: page :many
-- Up to $limit events past the position $past, in their order; of these types, or of all. detail is that of a thing's
-- event, which says what changed. An index orders the events of each type by position, so that a rare type is found
-- without reading the others.
select position, id, interaction_id, thing_id, type, at, case when thing_id is not null then detail end as detail
from (
    (
        select position, id, interaction_id, thing_id, type, at, detail
        from events
        where
            organization_id = $organization_id and position > $past and $types::text[] is null
            and (interaction_id is not null or thing_id is not null)
        order by position
        limit $limit
    )
    union all
    (
        select
            of_type.position, of_type.id, of_type.interaction_id, of_type.thing_id, of_type.type, of_type.at,
            of_type.detail
        from unnest($types::text[]) as wanted (type)
        cross join lateral (
            select position, id, interaction_id, thing_id, type, at, detail
            from events
            where
                organization_id = $organization_id and type = wanted.type and position > $past
                and (interaction_id is not null or thing_id is not null)
            order by position
            limit $limit
        ) as of_type
    )
) as found
order by position
limit $limit;

-- name: position :maybe
-- The position of an event of this organization, null if its feed has none with this id; and the latest position.
select
    organizations.events_position as latest,
    (
        select position
        from events
        where organization_id = $organization_id and id = $id
    ) as position
from organizations
where organization_id = $organization_id;

-- name: latest :many
-- The latest position of each of these organizations.
select organizations.organization_id, organizations.events_position as latest
from unnest($organization_ids::uuid[]) as followed (organization_id)
join organizations on organizations.organization_id = followed.organization_id;
