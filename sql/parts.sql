-- Parts that statements of several files share; see storage/statements.py. A part is not a statement of its own.

-- part: interaction_columns
-- The columns of storage.model.Interaction, without read_at.
organization_id, connection_id, id, kind, status, request, digest, answers, forms, responders, home_teams, key_id,
asked_by, tags, metadata, idempotency_key, supersedes, superseded_by, answer, choice, reason, on_expiry, cards_left,
cards_shown,
heard_at, unheard, receipt, unable, created_at, expires_at, ended_at, thing_id

-- part: card_columns
-- The columns of storage.model.Card.
organization_id, connection_id, interaction_id, id, ordinal, address, channel, ts, permalink, wanted, shown,
maybe_shown,
attempt, failures, plain, settled, due_at, leased_until, given_up_at, reason, truncated, retired_at

-- part: connection_columns
-- The columns of storage.model.Connection.
organization_id, id, app_id, enterprise_id, team_id, home_teams, bot_user_id, name, default_channel, created_at,
disabled_at

-- part: pairs
-- The rows that the caller names.
select organization_id, id
from unnest($organization_ids::uuid[], $ids::uuid[]) as pairs (organization_id, id)

-- part: settings
-- The connections that this replica has settings for.
select organization_id, connection_id
from unnest($organization_ids::uuid[], $connection_ids::uuid[]) as settings (organization_id, connection_id)

-- part: gate
-- The gate of a connection, which comes before the lock of its row; see things.lock_connection.
gate as materialized (
    select pg_advisory_xact_lock_shared(hashtextextended('askbridge connection ' || $connection_id::uuid::text, 0))
)

-- part: note_waits
-- Whether a note is still to be posted.
notes.given_up_at is null and not notes.maybe_sent

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
    returning cards.id
)

-- part: thing_columns
-- The columns of storage.model.Thing, without read_at.
things.organization_id, things.id, things.noun, things.connection_id, things.key_id, things.opened_by, things.addresses,
things.asked_addresses, things.added_addresses, things.responders, things.anyone, things.home_teams, things.agent,
things.tags, things.metadata, things.callback, things.anchor_id, things.moves, things.created_at, things.updated_at,
things.ended_at

-- part: open_rounds
-- The open round of each thing.
left join interactions
    on interactions.organization_id = $organization_id
    and interactions.thing_id = things.id
    and interactions.status = 'pending'

-- part: turn
-- What follows a change of a thing's row in the same statement; the thing and its noun's row are locked, and so is its
-- connection. The open round ends if it offers something else than $round_digest: as superseded by $round_id, or, if
-- the thing offers nothing any more ($round_digest is null), as cancelled for $end_reason. Where an offer has no open
-- round, $round_id is opened; no agent hears its end, so that unheard is null. $addresses are the places of the cards:
-- cards elsewhere are retired, and missing ones are added. All cards are due at once, or with $is_quiet within
-- $quiet_seconds, so that many changes make one edit. Every entry of $moves is a row of the history and an event. Every
-- one of $replies is to be posted in the thread of each of the cards, but not in that of a message which a click has
-- found. A reply with buttons asks for moves of the open round: with this round it is over, so that it is not posted
-- any more, or is to lose its buttons. Recoveries that are blocked by this thing are told when it ends ($ended_at).
-- Lock order: open round, anchor, cards, notes. The anchor's id is compared as a value, not joined: a plan made for any
-- values may begin a join with all cards of the organization.
round_ended as (
    update interactions
    set
        status = case when $round_digest::text is null then 'cancelled' else 'superseded' end,
        superseded_by = case when $round_digest::text is not null then $round_id::uuid end,
        reason = case when $round_digest::text is null then $end_reason::jsonb end,
        ended_at = clock_timestamp()
    where
        organization_id = $organization_id
        and thing_id = $thing_id
        and status = 'pending'
        and digest is distinct from $round_digest::text
    returning id
),
round_opened as (
    insert into interactions (
        organization_id, connection_id, id, kind, request, digest, answers, forms, responders, home_teams, key_id,
        asked_by,
        unheard, cards_left, expires_at, thing_id, is_anchor)
    select
        $organization_id, things.connection_id, $round_id, things.noun, $round_request::jsonb, $round_digest, '{}',
        $round_forms::jsonb, $round_responders::text[], things.home_teams, things.key_id, things.opened_by,
        null, -- no agent has to acknowledge it
        0, '9999-12-31Z', things.id, things.anchor_id is null
    from things
    cross join (select count(*) from round_ended) as after_its_end
    where
        things.organization_id = $organization_id
        and things.id = $thing_id
        and $round_digest::text is not null
        and not exists (
            select
            from interactions
            where
                organization_id = $organization_id
                and thing_id = $thing_id
                and status = 'pending'
                and digest = $round_digest
        )
    returning id
),
thing as (
    update things
    set
        anchor_id = coalesce(things.anchor_id, round_opened.id),
        addresses = $addresses::jsonb,
        moves = things.moves + jsonb_array_length($moves::jsonb),
        updated_at = clock_timestamp(),
        ended_at = $ended_at::timestamptz,
        is_correctable = $is_correctable
    from (values (true)) as always
    left join round_opened on true
    where things.organization_id = $organization_id and things.id = $thing_id
    returning things.organization_id, things.connection_id, things.id, things.noun, things.anchor_id, things.moves
),
anchor as materialized ( -- unless it is a round that this statement has ended or opened
    select interactions.id
    from interactions
    where
        interactions.organization_id = $organization_id
        and interactions.id = (select anchor_id from thing)
        and not exists (select from round_ended where round_ended.id = interactions.id)
    for no key update of interactions
),
anchored as materialized (
    select
        thing.organization_id, thing.connection_id, thing.anchor_id,
        $is_quiet::boolean and not exists (select from round_ended) as is_quiet,
        (
            select addresses <> $addresses::jsonb -- as it was before this statement
            from things
            where things.organization_id = $organization_id and things.id = $thing_id
        ) as has_moved
    from thing
    cross join (select count(*) from anchor) as after_its_lock
    where thing.anchor_id is not null
),
cards_due as (
    update cards
    set
        wanted = wanted + 1,
        given_up_at = case -- a flood does not retry a card that is gone
            when
                anchored.is_quiet
                and retired_at is null
                and given_up_at > clock_timestamp() - interval '5 minutes'
                then given_up_at
        end,
        due_at = case
            when not anchored.is_quiet then clock_timestamp()
            when
                shown < wanted
                and given_up_at is null
                and (leased_until is null or leased_until <= clock_timestamp()) -- else its edit has begun
                then due_at
            else clock_timestamp() + make_interval(secs => $quiet_seconds::float8)
        end,
        retired_at = case
            when ordinal > 0 and address <> all (array(select jsonb_array_elements($addresses::jsonb)))
                then coalesce(retired_at, clock_timestamp())
        end
    from anchored
    where
        cards.organization_id = $organization_id
        and cards.interaction_id = (select anchor_id from anchored)
        and (
            retired_at is null
            or address = any (array(select jsonb_array_elements($addresses::jsonb)))
            or (cards.ts is not null and anchored.has_moved) -- it says where the others are
        )
    returning
        cards.channel, cards.ts, cards.id,
        cards.ordinal > 0 and retired_at is null and given_up_at is null as takes_notes
),
cards_added as (
    insert into cards (organization_id, connection_id, interaction_id, id, ordinal, address)
    select
        anchored.organization_id, anchored.connection_id, anchored.anchor_id, ($card_ids::uuid[])[missing.place],
        known.latest + missing.place, missing.address
    from anchored
    cross join lateral (
        select coalesce(max(ordinal), 0) as latest
        from cards
        where cards.organization_id = $organization_id and cards.interaction_id = (select anchor_id from anchored)
    ) as known
    cross join jsonb_array_elements($addresses::jsonb) with ordinality as missing (address, place)
    where
        not exists (
            select
            from cards
            where
                cards.organization_id = $organization_id
                and cards.interaction_id = (select anchor_id from anchored)
                and cards.ordinal > 0
                and cards.address = missing.address
        )
    returning id
),
notes_over as (
    update notes
    set
        over_at = clock_timestamp(),
        due_at = clock_timestamp(),
        given_up_at = case
            when notes.maybe_sent then notes.given_up_at
            else coalesce(notes.given_up_at, clock_timestamp())
        end,
        leased_until = case when notes.maybe_sent then notes.leased_until end,
        reason = case
            when notes.maybe_sent or notes.given_up_at is not null then notes.reason
            else jsonb_build_object(
                'code', 'answered_before', 'detail', 'What the note asks was answered before it was posted.', 'fix', '')
        end
    from (select count(*) from cards_due) as after_the_cards
    where
        notes.organization_id = $organization_id
        and notes.thing_id = $thing_id
        and notes.round_id is not null
        and notes.over_at is null
        and ($round_digest::text is null or exists (select from round_opened))
),
asked as (
    select coalesce(
        (select id from round_opened),
        (
            select id
            from interactions
            where
                organization_id = $organization_id
                and thing_id = $thing_id
                and status = 'pending'
                and digest = $round_digest
        )) as round_id
),
notes_kept as (
    insert into notes (
        organization_id, connection_id, thing_id, interaction_id, card_id, id, number, text, size, buttons, round_id)
    select
        anchored.organization_id, anchored.connection_id, $thing_id, anchored.anchor_id, shown.id,
        (entry.value ->> 'id')::uuid, latest.number + entry.place, entry.value ->> 'text',
        (entry.value ->> 'size')::int,
        entry.value -> 'buttons', case when entry.value ? 'buttons' then asked.round_id end
    from anchored
    cross join asked
    cross join (
        select id from cards_due where takes_notes
        union all
        select id from cards_added
    ) as shown
    cross join lateral (
        select coalesce(max(notes.number), 0) as number
        from notes
        where notes.organization_id = anchored.organization_id and notes.thing_id = $thing_id
    ) as latest
    cross join jsonb_array_elements($replies::jsonb) with ordinality as entry (value, place)
    where asked.round_id is not null or not entry.value ? 'buttons' -- without a round there is nothing to ask
),
moved as materialized (
    select
        thing.organization_id, thing.id as thing_id, thing.noun,
        thing.moves - count(*) over () + row_number() over (order by entry.place) as number, entry.value
    from thing, jsonb_array_elements($moves::jsonb) with ordinality as entry (value, place)
),
told_in_history as (
    insert into history (organization_id, thing_id, id, number, move, from_status, to_status, by, reason, detail, at)
    select
        organization_id, thing_id, (value ->> 'id')::uuid, number, value ->> 'move', value ->> 'from', value ->> 'to',
        value -> 'by', value ->> 'reason', coalesce(value -> 'detail', '{}'), $now
    from moved
),
told_in_feed as (
    insert into events (organization_id, id, thing_id, type, detail, at, owed)
    select
        organization_id, (value ->> 'id')::uuid, thing_id, noun || '.' || (value ->> 'move'),
        (value - 'id') || jsonb_build_object('at', $now::timestamptz), $now, true
    from moved
),
request_kept as (
    insert into thing_requests (organization_id, idempotency_key, request_hash, thing_id, made_id)
    select organization_id, $idempotency_key, $request_hash::bytea, id, $made_id::uuid
    from thing
    where $idempotency_key::text is not null
),
unblocked as materialized ( -- recoveries that this thing blocks, if it ends; none of their rows is changed
    select
        recoveries.organization_id, recoveries.id,
        -- a UUIDv7 of this moment, as every event has
        (substr(moment.hex, 1, 8) || '-' || substr(moment.hex, 9) || '-7' || substr(gen_random_uuid()::text, 16))::uuid
        as event_id,
        jsonb_build_object(
            'blocker', jsonb_build_object('id', $public_id::text),
            'wakes', case
                when recoveries.return_owner is not null
                    then jsonb_build_object('return_owner', recoveries.return_owner)
                when recoveries.owner_agent is not null
                    then jsonb_build_object('owner', jsonb_build_object('agent', recoveries.owner_agent))
                when recoveries.owner_user is not null
                    then jsonb_build_object('owner', jsonb_build_object('user', recoveries.owner_user))
                else '{"owner": {"board": true}}'
            end) as detail
    from (select lpad(to_hex((extract(epoch from $now::timestamptz) * 1000)::bigint), 12, '0') as hex) as moment
    cross join recoveries
    where
        recoveries.organization_id = $organization_id
        and recoveries.blocker_id = $thing_id
        and $ended_at::timestamptz is not null
        and not exists (
            select
            from history
            where
                history.organization_id = $organization_id
                and history.thing_id = recoveries.id
                and history.move = 'unblocked'
        )
),
unblocked_history as (
    insert into history (organization_id, thing_id, id, move, by, detail, at)
    select organization_id, id, event_id, 'unblocked', '{}', detail, $now
    from unblocked
),
unblocked_events as (
    insert into events (organization_id, id, thing_id, type, detail, at, owed)
    select
        organization_id, event_id, id, 'recovery.unblocked',
        jsonb_build_object(
            'move', 'unblocked', 'by', '{}'::jsonb, 'at', $now::timestamptz, 'detail', detail),
        $now, true
    from unblocked
)
