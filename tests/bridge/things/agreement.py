"""What must be true of the rows of things at any moment: contradictions between them, found by SQL.

There are rules of all things, rules of each noun's table, which are made for every noun of the registry, and rules of
one noun alone. They hold as long as retention has deleted no ended round.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from bridge.things.contract import Noun
from bridge.things.incident import form
from bridge.things.registry import NOUNS
from storage.statements import Runs
from tests.bridge.things.fix import agreement as fix
from tests.bridge.things.incident import agreement as incident
from tests.bridge.things.recovery import agreement as recovery
from tests.bridge.things.work import agreement as work

_ENDED_BY: Final = MappingProxyType({"recovery": "resolved_by", "incident": "status_by", "work": "done_by"})
"""The column that says who ended a thing, by noun: it names a person exactly if a click did."""

_MAY_CHANGE_NOTHING: Final = MappingProxyType({"incident": form.SEVERITY})
"""By noun the move of people that wins although all may stay as it is."""

_TOLD: Final = MappingProxyType({"work": "case rows.status when 'leased' then 'claimed' else rows.status end"})
"""By noun its status as the history has it, if that is not the column."""

_OWN_LIFE: Final = frozenset({"fix"})
"""The nouns without a column `status` whose ended things may have a round: they have such rules of their own."""

_RULES: Final = MappingProxyType(
    {
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
        "things without the round that they should have, or with one too many": f"""
            select things.id
            from things
            join connections on
                connections.organization_id = things.organization_id and connections.id = things.connection_id
            left join interactions as rounds on
                rounds.organization_id = things.organization_id
                and rounds.thing_id = things.id and rounds.status = 'pending'
            where things.noun not in ({", ".join(f"'{name}'" for name in sorted(_OWN_LIFE))})
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
    }
)


def _of_table(noun: Noun[Any]) -> Mapping[str, str]:
    """The rules of things of a noun and their rows."""
    table, final = noun.table.name, ", ".join(f"'{status}'" for status in sorted(noun.final))
    rows = f"""
        from things
        join {table} as rows on rows.organization_id = things.organization_id and rows.id = things.id
    """
    rules = {
        "things without a row of their noun": f"""
            select things.id
            from things
            left join {table} as rows on rows.organization_id = things.organization_id and rows.id = things.id
            where things.noun = '{noun.name}' and rows.id is null
        """,
    }
    of_status = {
        "things whose latest move is not to their status": f"""
            select things.id {rows}
            left join lateral (
                select to_status
                from history
                where
                    history.organization_id = things.organization_id
                    and history.thing_id = things.id and history.number is not null
                order by number desc
                limit 1
            ) as latest on true
            where latest.to_status is distinct from {_TOLD.get(noun.name, "rows.status")}
        """,
        "things that are open and final at once": f"""
            select things.id {rows}
            where (things.ended_at is null) = (rows.status in ({final}))
        """,
    }
    of_people = {
        "moves of people that no click made, or clicks that won and made none": f"""
            with moves as (
                select organization_id, thing_id, by ->> 'user' as person, count(*) as made
                from history
                where by ? 'user'
                group by organization_id, thing_id, person
            ),
            people as (
                select
                    rounds.organization_id, rounds.thing_id, clicks.user_id as person, count(*) as may_move,
                    count(*) filter (
                        where
                            clicks.verdict = 'won'
                            and clicks.choice <> '{_MAY_CHANGE_NOTHING.get(noun.name, "")}') as must_move
                from interactions as rounds
                join clicks on
                    clicks.organization_id = rounds.organization_id
                    and clicks.interaction_id = rounds.id and clicks.verdict in ('won', 'added')
                group by rounds.organization_id, rounds.thing_id, person
            )
            select distinct thing_id
            from moves
            full join people using (organization_id, thing_id, person)
            where
                (organization_id, thing_id) in (select organization_id, id from {table})
                and coalesce(made, 0) not between coalesce(must_move, 0) and coalesce(may_move, 0)
        """,
    }
    rules |= of_people if noun.name in _OWN_LIFE else of_status | of_people
    if noun.name in _ENDED_BY:
        rules["things that were ended by a click and have no answered round, or the other way round"] = f"""
            select things.id {rows}
            left join lateral (
                select status
                from interactions as rounds
                where
                    rounds.organization_id = things.organization_id
                    and rounds.thing_id = things.id and rounds.ended_at is not null
                order by rounds.ended_at desc
                limit 1
            ) as latest on true
            where
                things.ended_at is not null
                and coalesce(rows.{_ENDED_BY[noun.name]} ? 'user', false) <> coalesce(latest.status = 'answered', false)
        """
    return rules


_OF_CARDS: Final = MappingProxyType(
    {
        "moves that no card is due to show": """
            select things.id
            from things
            join cards on cards.organization_id = things.organization_id and cards.interaction_id = things.anchor_id
            where cards.retired_at is null and cards.wanted < things.moves
        """,
        **incident.RULES_OF_CARDS,
    }
)
"""Cards that were not made due by each move; where all moves are told by cards that were there from the first move."""


def rules(*, cards: bool = True) -> Iterator[tuple[str, str]]:
    """Every rule with a query of the rows that break it. `cards`: all cards are as old as their things."""
    yield from _RULES.items()
    for noun in NOUNS.values():
        yield from _of_table(noun).items()
    yield from recovery.RULES.items()
    yield from incident.RULES.items()
    yield from fix.RULES.items()
    yield from work.RULES.items()
    if cards:
        yield from _OF_CARDS.items()


async def contradictions(db: Runs, *, cards: bool = True) -> list[str]:
    """Every contradiction with the id of its row. `cards`: all cards are as old as their things."""
    return [f"{rule}: {row[0]}" for rule, query in rules(cards=cards) for row in await db.fetch(query)]


async def agree(db: Runs, *, cards: bool = True) -> None:
    """Check that no row of a thing contradicts another."""
    found = await contradictions(db, cards=cards)
    assert not found, found[:5]
