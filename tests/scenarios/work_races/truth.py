"""What must be true once a race for work items is over: of its history, and of what agents and people were told.

The rules of all things, with those of the counts of work items, are in `tests.bridge.things.agreement`.
"""

from collections import Counter
from typing import Final

from tests.bridge.things.agreement import contradictions
from tests.scenarios.work_races.race import Race

_RULES: Final = {
    "items that are not done": """
        select name || ': ' || status || ', ' || unmet || ' unmet'
        from work_items
        where status <> 'done'
    """,
    "items that were not done exactly once": """
        select work_items.name
        from work_items
        left join history on
            history.organization_id = work_items.organization_id
            and history.thing_id = work_items.id and history.move = 'done'
        group by work_items.organization_id, work_items.id, work_items.name
        having count(history.id) <> 1
    """,
    "leases that began before the lease before had ended": """
        select thing_id || ' ' || number
        from (
            select
                thing_id, number, move, at,
                lag(move) over moves as move_before, lag(at) over moves as at_before
            from history
            window moves as (partition by organization_id, thing_id order by number)
        ) as moves
        where (move = 'leased' and move_before = 'leased') or at < at_before
    """,
    "leases that began before all was done that the item depended on by then": """
        select leased.thing_id || ' ' || leased.number
        from history as leased
        join work_dependencies on
            work_dependencies.organization_id = leased.organization_id
            and work_dependencies.item_id = leased.thing_id and work_dependencies.at < leased.at
        left join history as done on
            done.organization_id = leased.organization_id
            and done.thing_id = work_dependencies.depends_on_id and done.move = 'done'
        where leased.move = 'leased' and (done.at is null or done.at > leased.at)
    """,
    "leases that ran out before their time": """
        select expired.thing_id || ' ' || expired.number
        from history as expired
        join history as leased on
            leased.organization_id = expired.organization_id
            and leased.thing_id = expired.thing_id and leased.number = expired.number - 1
        where
            expired.move = 'expired'
            and expired.at < leased.at + make_interval(secs => (leased.detail ->> 'seconds')::float8)
    """,
    "leases and ends whose numbers are not those of the item by then": """
        select thing_id || ' ' || number
        from (
            select
                thing_id, number, (detail ->> 'attempts')::int as attempts,
                count(*) filter (where move = 'leased') over moves as leases
            from history
            where move <> 'created' and number is not null
            window moves as (partition by organization_id, thing_id order by number)
        ) as moves
        where attempts <> leases
    """,
    "deadlocks": "select deadlocks from pg_stat_database where datname = current_database() and deadlocks > 0",
}
_LEASES: Final = """
    select
        work_items.name, (history.detail ->> 'attempts')::int as attempts, history.move,
        coalesce(history.detail #>> '{holder,agent}', history.detail #>> '{holder,user}') as holder
    from history
    join work_items on work_items.organization_id = history.organization_id and work_items.id = history.thing_id
    where history.move in ('leased', 'done')
"""


async def untrue(race: Race) -> list[str]:
    """Everything that contradicts a promise, by its rule."""
    found = [f"{rule}: {row[0]}" for rule, query in _RULES.items() for row in await race.db.fetch(query)]
    found += await contradictions(race.db, cards=False)
    return found + race.strange + await _told_wrong(race)


async def _told_wrong(race: Race) -> list[str]:
    """What agents and people were told that the history does not say."""
    rows = await race.db.fetch(_LEASES)
    leases = {(row["name"], row["attempts"]): row["holder"] for row in rows if row["move"] == "leased"}
    done = {row["name"]: (row["attempts"], row["holder"]) for row in rows if row["move"] == "done"}
    twice = [item for item, number in Counter(item for item, _ in set(race.completed)).items() if number > 1]
    return [
        *(
            f"{item} by fence {fence} was given to {sorted(holders)}, and is {leases.get((item, fence))}'s"
            for (item, fence), holders in race.leases.items()
            if holders != {leases.get((item, fence))}
        ),
        *(
            f"{item} was completed by fence {fence}, and the history says {done.get(item)}"
            for item, fence in race.completed
            if done.get(item, (None, None))[0] != fence or done[item][1] is None
        ),
        *(f"{item} was completed by two" for item in twice),
    ]


async def figures(race: Race) -> dict[str, int]:
    """How often each move was made."""
    rows = await race.db.fetch("select move, count(*) as number from history group by move")
    return {f"moves: {row['move']}": row["number"] for row in rows}
