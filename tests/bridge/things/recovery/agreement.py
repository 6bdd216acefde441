"""What must be true of the rows of recoveries alone, see `tests.bridge.things.agreement`."""

from types import MappingProxyType
from typing import Final

RULES: Final = MappingProxyType(
    {
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
        "things that unblocked another twice, or are final and did not": """
            select blocked.id
            from recoveries as blocked
            join things as blocker on
                blocker.organization_id = blocked.organization_id and blocker.id = blocked.blocker_id
            left join history on
                history.organization_id = blocked.organization_id
                and history.thing_id = blocked.id and history.move = 'unblocked'
            group by blocked.organization_id, blocked.id, blocker.ended_at
            having count(history.id) <> (blocker.ended_at is not null)::int
        """,
    }
)
