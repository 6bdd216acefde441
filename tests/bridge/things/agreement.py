"""What must be true of the rows of things at any moment: contradictions between them, found by SQL."""

from storage.statements import Runs

_RULES = {
    "history without its event, or with another": """
        select history.id
        from history
        join things on things.organization_id = history.organization_id and things.id = history.thing_id
        left join events on events.organization_id = history.organization_id and events.id = history.id
        where
            events.id is null
            or events.thing_id is distinct from history.thing_id
            or events.type <> things.noun || '.' || history.move
            or events.at <> history.at
            or events.detail ->> 'to' is distinct from history.to_status
    """,
    "events of moves without their history": """
        select events.id
        from events
        left join history on history.organization_id = events.organization_id and history.id = events.id
        where events.thing_id is not null and events.type not like '%.unreachable' and history.id is null
    """,
    "moves that are not numbered from 1 without a gap": """
        select things.id
        from things
        left join history on
            history.organization_id = things.organization_id
            and history.thing_id = things.id and history.number is not null
        group by things.organization_id, things.id
        having count(history.id) <> things.moves or coalesce(max(history.number), 0) <> things.moves
    """,
    "things whose latest move is not to their status": """
        select recoveries.id
        from recoveries
        cross join lateral (
            select to_status
            from history
            where
                history.organization_id = recoveries.organization_id
                and history.thing_id = recoveries.id and history.number is not null
            order by number desc
            limit 1
        ) as latest
        where latest.to_status is distinct from recoveries.status
    """,
    "attempts that are not in the history": """
        select recoveries.id
        from recoveries
        join history on history.organization_id = recoveries.organization_id and history.thing_id = recoveries.id
        where
            history.move in ('opened', 'refreshed')
            or (history.move = 'escalated' and history.reason like 'attempt %')
        group by recoveries.organization_id, recoveries.id
        having count(*) <> recoveries.attempt_count
    """,
    "things that are open and final at once": """
        select things.id
        from things
        join recoveries on recoveries.organization_id = things.organization_id and recoveries.id = things.id
        where (things.ended_at is null) <> (recoveries.status in ('active', 'escalated'))
    """,
    "things without the round that they should have, or with one too many": """
        select things.id
        from things
        join connections on
            connections.organization_id = things.organization_id and connections.id = things.connection_id
        left join interactions as rounds on
            rounds.organization_id = things.organization_id
            and rounds.thing_id = things.id and rounds.status = 'pending'
        where things.noun <> 'fix' -- people can correct one that has ended
        group by things.organization_id, things.id, connections.disabled_at
        having
            count(rounds.id) <> (
                things.ended_at is null
                and connections.disabled_at is null
                and (things.anchor_id is not null or things.addresses <> '[]'))::int
    """,
    "rounds that were answered by no click that won, or by two": """
        select rounds.id
        from interactions as rounds
        left join clicks on
            clicks.organization_id = rounds.organization_id
            and clicks.interaction_id = rounds.id and clicks.verdict = 'won'
        where rounds.thing_id is not null
        group by rounds.organization_id, rounds.id
        having
            count(clicks.claim_id) <> (rounds.status = 'answered')::int
            or bool_or(clicks.claim_id <> rounds.claim_id)
    """,
    "things that were ended by a click and have no answered round, or the other way round": """
        select things.id
        from things
        join recoveries on recoveries.organization_id = things.organization_id and recoveries.id = things.id
        where
            coalesce(recoveries.resolved_by ? 'user', false) <> exists (
                select
                from interactions as rounds
                where
                    rounds.organization_id = things.organization_id
                    and rounds.thing_id = things.id and rounds.status = 'answered')
    """,
    "rounds that took an answer without their thing, or tell events": """
        select rounds.id
        from interactions as rounds
        where
            rounds.thing_id is not null
            and (
                rounds.answers <> '{}'
                or exists (
                    select
                    from events
                    where
                        events.organization_id = rounds.organization_id
                        and events.interaction_id = rounds.id and events.type like 'interaction.%'))
    """,
    "cards that belong to another round than the first": """
        select cards.id
        from cards
        join interactions as rounds on
            rounds.organization_id = cards.organization_id and rounds.id = cards.interaction_id
        join things on things.organization_id = rounds.organization_id and things.id = rounds.thing_id
        where things.anchor_id is distinct from rounds.id
    """,
    "things that unblocked another twice, or are final and did not": """
        select blocked.id
        from recoveries as blocked
        join things as blocker on blocker.organization_id = blocked.organization_id and blocker.id = blocked.blocker_id
        left join history on
            history.organization_id = blocked.organization_id
            and history.thing_id = blocked.id and history.move = 'unblocked'
        group by blocked.organization_id, blocked.id, blocker.ended_at
        having count(history.id) <> (blocker.ended_at is not null)::int
    """,
}
_CARDS = """
    select things.id
    from things
    join cards on cards.organization_id = things.organization_id and cards.interaction_id = things.anchor_id
    where cards.retired_at is null and cards.wanted < things.moves
"""
"""Cards that were not made due by each move; where all moves are told by cards that were there from the first move."""


async def contradictions(db: Runs, *, cards: bool = True) -> list[str]:
    """Every contradiction with the id of its row. `cards`: all cards are as old as their things."""
    rules = _RULES | ({"moves that no card is due to show": _CARDS} if cards else {})
    return [f"{rule}: {row[0]}" for rule, query in rules.items() for row in await db.fetch(query)]


async def agree(db: Runs, *, cards: bool = True) -> None:
    """Check that no row of a thing contradicts another."""
    found = await contradictions(db, cards=cards)
    assert not found, found[:5]
