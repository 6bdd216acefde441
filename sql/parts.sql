-- Parts that statements of several files share; see storage/statements.py. A part is not a statement of its own.

-- part: interaction_columns
-- The columns of storage.model.Interaction, without read_at.
organization_id, connection_id, id, kind, status, request, digest, answers, forms, responders, home_teams, key_id,
asked_by, tags, metadata, idempotency_key, supersedes, superseded_by, answer, choice, reason, on_expiry, cards_left, cards_shown,
heard_at, unheard, receipt, unable, created_at, expires_at, ended_at

-- part: card_columns
-- The columns of storage.model.Card.
organization_id, connection_id, interaction_id, id, ordinal, address, channel, ts, permalink, wanted, shown, maybe_shown,
attempt, failures, plain, settled, due_at, leased_until, given_up_at, reason, truncated

-- part: connection_columns
-- The columns of storage.model.Connection.
organization_id, id, app_id, enterprise_id, team_id, home_teams, bot_user_id, name, created_at, disabled_at

-- part: settle
-- Make every card of the interactions in `ended` due for an edit that shows the end.
settling as (
    update cards
    set wanted = wanted + 1, due_at = clock_timestamp()
    from ended
    where
        cards.organization_id = ended.organization_id
        and cards.interaction_id = ended.id
        and cards.given_up_at is null
)
