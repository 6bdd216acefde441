-- The feed: what happened to an organization's questions, in an order that nobody who reads it can pass over. A place is
-- given after the commit, by one at a time, so that what commits late gets a later one. What happens to cards is told in
-- the timeline of a question only.

-- name: number :many
-- Give up to $most committed events their places, and say how many of each organization that had some due. Whoever holds
-- an organization's counter is its only numberer; others pass it over (none) and never wait, nor keep a foreign key
-- waiting. An event that somebody deletes is passed over too. Scans all organizations for what is due.
with due as materialized (
    select organization_id, id, at
    from events
    where position is null and type like 'interaction.%'
    order by at
    limit $most
    for no key update skip locked
),
waiting as materialized (
    select distinct organization_id
    from due
),
held as materialized (
    select organizations.organization_id, organizations.events_position
    from waiting
    join organizations on organizations.organization_id = waiting.organization_id
    for no key update of organizations skip locked
),
placed as materialized (
    select
        due.organization_id, due.id,
        held.events_position
            + row_number() over (partition by due.organization_id order by due.at, due.id) as place
    from held
    join due using (organization_id)
),
numbered as (
    update events
    set position = placed.place
    from placed
    where
        events.organization_id = placed.organization_id
        and events.id = placed.id
        and events.position is null
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
    where organizations.organization_id = latest.organization_id
)
select waiting.organization_id, count(numbered.organization_id) as numbered
from waiting
left join numbered using (organization_id)
group by waiting.organization_id;

-- name: page :many
-- Up to $most events past a place, in their order; of these types, or of all. Each type has an index of its own places,
-- so a rare one is found without a look at the others.
select position, id, interaction_id, type, at
from (
    (
        select position, id, interaction_id, type, at
        from events
        where organization_id = $organization_id and position > $past and $types::text[] is null
        order by position
        limit $most
    )
    union all
    (
        select of_type.position, of_type.id, of_type.interaction_id, of_type.type, of_type.at
        from unnest($types::text[]) as wanted (type)
        cross join lateral (
            select position, id, interaction_id, type, at
            from events
            where organization_id = $organization_id and type = wanted.type and position > $past
            order by position
            limit $most
        ) as of_type
    )
) as found
order by position
limit $most;

-- name: place :maybe
-- Where an event of this organization stands, null when there is none with this id in its feed; and the latest place.
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
-- The latest place of each of these organizations.
select organizations.organization_id, organizations.events_position as latest
from unnest($organization_ids::uuid[]) as followed (organization_id)
join organizations on organizations.organization_id = followed.organization_id;
