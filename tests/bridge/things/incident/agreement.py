"""What must be true of the rows of incidents alone, see `tests.bridge.things.agreement`."""

from types import MappingProxyType
from typing import Final

from bridge.things.incident.form import SEVERITY
from bridge.things.incident.row import MAX_RECENT

RULES: Final = MappingProxyType(
    {
        "updates that are not numbered from 1 without a gap": """
            select incidents.id
            from incidents
            left join incident_updates as updates on
                updates.organization_id = incidents.organization_id and updates.incident_id = incidents.id
            group by incidents.organization_id, incidents.id
            having
                count(updates.id) <> incidents.update_count
                or coalesce(max(updates.number), 0) <> incidents.update_count
        """,
        "incidents whose latest updates are not the latest": f"""
            select incidents.id
            from incidents
            cross join lateral (
                select coalesce(jsonb_agg(each order by number), '[]') as latest
                from (
                    select
                        number,
                        jsonb_build_object('id', id, 'message', message, 'changes', changes, 'by', by) as each
                    from incident_updates as updates
                    where updates.organization_id = incidents.organization_id and updates.incident_id = incidents.id
                    order by number desc
                    limit {MAX_RECENT}
                ) as stored
            ) as stored
            cross join lateral (
                select coalesce(jsonb_agg(each - 'at' order by place), '[]') as latest
                from jsonb_array_elements(incidents.recent_updates) with ordinality as known (each, place)
            ) as known
            where stored.latest <> known.latest
        """,
        "transitions without their update, or with another": """
            with changes as (
                select
                    organization_id, incident_id as thing_id, changes, by, at,
                    row_number() over (partition by organization_id, incident_id order by number) as place
                from incident_updates
                where changes is not null
            ),
            moves as (
                select
                    organization_id, thing_id, detail -> 'changes' as changes, by, at,
                    row_number() over (partition by organization_id, thing_id order by number) as place
                from history
                where
                    move <> 'created' and number is not null
                    and (organization_id, thing_id) in (select organization_id, id from incidents)
            )
            select distinct thing_id
            from changes
            full join moves using (organization_id, thing_id, place)
            where (changes.changes, changes.by, changes.at) is distinct from (moves.changes, moves.by, moves.at)
        """,
        "incidents told as resolved that were not, or the other way round": """
            select history.thing_id
            from history
            join incidents on incidents.organization_id = history.organization_id and incidents.id = history.thing_id
            where (move = 'resolved') <> (to_status = 'resolved' and from_status <> 'resolved')
        """,
        "incidents that are not as their latest move left them": """
            select incidents.id
            from incidents
            cross join lateral (
                select
                    detail ->> 'severity' as severity,
                    array(select jsonb_array_elements_text(detail -> 'systems')) as systems
                from history
                where
                    history.organization_id = incidents.organization_id and history.thing_id = incidents.id
                    and number is not null
                order by number desc
                limit 1
            ) as latest
            where (latest.severity, latest.systems) is distinct from (incidents.severity, incidents.systems)
        """,
        "statuses that another set, or at another time, than the history says": """
            select incidents.id
            from incidents
            cross join lateral (
                select by, at
                from history
                where
                    history.organization_id = incidents.organization_id and history.thing_id = incidents.id
                    and number is not null and from_status is distinct from to_status
                order by number desc
                limit 1
            ) as latest
            where
                (latest.by, latest.at) is distinct from (incidents.status_by, incidents.status_at)
                or incidents.resolved_at <> incidents.status_at
        """,
        "updates of people that no click made, or clicks that made none": f"""
            with said as (
                select organization_id, incident_id, by ->> 'user' as person, count(*) as made
                from incident_updates
                where by ? 'user'
                group by organization_id, incident_id, person
            ),
            people as (
                select
                    rounds.organization_id, rounds.thing_id as incident_id, clicks.user_id as person,
                    count(*) as may_say,
                    count(*) filter (where clicks.verdict = 'added' or clicks.choice <> '{SEVERITY}') as must_say
                from incidents
                join interactions as rounds on
                    rounds.organization_id = incidents.organization_id and rounds.thing_id = incidents.id
                join clicks on
                    clicks.organization_id = rounds.organization_id
                    and clicks.interaction_id = rounds.id and clicks.verdict in ('won', 'added')
                group by rounds.organization_id, rounds.thing_id, person
            )
            select distinct incident_id
            from said
            full join people using (organization_id, incident_id, person)
            where coalesce(made, 0) not between coalesce(must_say, 0) and coalesce(may_say, 0)
        """,
        "notes of more updates than there are, or that are not wanted": """
            select incidents.id
            from incidents
            join notes on notes.organization_id = incidents.organization_id and notes.thing_id = incidents.id
            group by incidents.organization_id, incidents.id
            having
                count(distinct notes.number) <> max(notes.number)
                or max(notes.number) > incidents.update_count
                or not incidents.has_notes
        """,
    }
)

RULES_OF_CARDS: Final = MappingProxyType(
    {
        "updates that no card is due to show": """
            select incidents.id
            from incidents
            join things on things.organization_id = incidents.organization_id and things.id = incidents.id
            join cards on cards.organization_id = things.organization_id and cards.interaction_id = things.anchor_id
            join history on
                history.organization_id = things.organization_id
                and history.thing_id = things.id and history.move = 'created'
            where
                cards.retired_at is null
                and cards.wanted < 1 + incidents.update_count - (history.reason is not null)::int
        """,
        "updates without their note": """
            select incidents.id
            from incidents
            join things on things.organization_id = incidents.organization_id and things.id = incidents.id
            join cards on cards.organization_id = things.organization_id and cards.interaction_id = things.anchor_id
            join history on
                history.organization_id = things.organization_id
                and history.thing_id = things.id and history.move = 'created'
            left join notes on
                notes.organization_id = cards.organization_id
                and notes.interaction_id = cards.interaction_id and notes.card_id = cards.id
            where incidents.has_notes and cards.ordinal > 0 and cards.retired_at is null and cards.given_up_at is null
            group by incidents.organization_id, incidents.id, cards.id, history.reason
            having count(notes.id) <> incidents.update_count - (history.reason is not null)::int
        """,
    }
)
