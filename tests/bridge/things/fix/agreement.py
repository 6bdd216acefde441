"""What must be true of the rows of fixes alone, see `tests.bridge.things.agreement`."""

from types import MappingProxyType
from typing import Final

RULES: Final = MappingProxyType(
    {
        "sessions without exactly one active fix": """
            select session
            from fixes
            group by organization_id, session
            having count(*) filter (where superseded_at is null) <> 1
        """,
        "fixes superseded by no later one of their session": """
            select older.id
            from fixes as older
            left join fixes as newer on newer.organization_id = older.organization_id and newer.id = older.superseded_by
            where older.superseded_at is not null and newer.session is distinct from older.session
        """,
        "fixes superseded by the same one": """
            select superseded_by
            from fixes
            where superseded_by is not null
            group by superseded_by
            having count(*) > 1
        """,
        "fixes decided after they were superseded": """
            select id
            from fixes
            where decided_at > superseded_at
        """,
        "decisions of no click that won, or clicks that won and decided nothing": """
            select fixes.id
            from fixes
            left join interactions as rounds on
                rounds.organization_id = fixes.organization_id
                and rounds.thing_id = fixes.id and rounds.status = 'answered'
            left join clicks on
                clicks.organization_id = rounds.organization_id
                and clicks.interaction_id = rounds.id
                and clicks.verdict = 'won'
                and clicks.choice in ('apply', 'dismiss', 'draft_template', 'build_template')
            group by fixes.organization_id, fixes.id
            having count(clicks.claim_id) <> (fixes.decision is not null)::int
        """,
        "fixes without the round that they should have, or with one too many": """
            select fixes.id
            from fixes
            left join interactions as rounds on
                rounds.organization_id = fixes.organization_id
                and rounds.thing_id = fixes.id and rounds.status = 'pending'
            group by fixes.organization_id, fixes.id
            having count(rounds.id) <> (fixes.superseded_at is null and fixes.outcome <> 'dismissed')::int
        """,
        "fixes whose latest move is not to their status": """
            select fixes.id
            from fixes
            join things on things.organization_id = fixes.organization_id and things.id = fixes.id
            join history on
                history.organization_id = fixes.organization_id
                and history.thing_id = fixes.id and history.number = things.moves
            where
                history.to_status
                    <> case
                        when fixes.outcome = 'proposed' and fixes.decision is not null then 'decided'
                        else fixes.outcome
                    end
        """,
        "fixes that are open and have ended at once": """
            select fixes.id
            from fixes
            join things on things.organization_id = fixes.organization_id and things.id = fixes.id
            where
                (things.ended_at is not null)
                    <> (superseded_at is not null or outcome in ('applied_success', 'applied_failed', 'dismissed'))
        """,
        "notes that ask for a round that is over, and will be posted or keep their buttons": """
            select notes.id
            from notes
            join interactions as rounds on rounds.organization_id = notes.organization_id and rounds.id = notes.round_id
            where
                rounds.status <> 'pending'
                and (notes.over_at is null or (not notes.maybe_sent and notes.given_up_at is null))
        """,
        "notes written after the verdict": """
            select notes.id
            from notes
            join fixes on fixes.organization_id = notes.organization_id and fixes.id = notes.thing_id
            where fixes.verified_at is not null and notes.created_at > fixes.verified_at
        """,
    }
)
