-- The questions: opened, claimed, ended, read.

-- name: open :maybe
-- Make a question durable with its copies to post and its first event. No row: the connection is not active, or the
-- idempotency key is taken. The connection is locked first, so that disabling it cannot miss a row being born.
with connection as materialized (
    select organization_id, id
    from connections
    where organization_id = $organization_id and id = $connection_id and disabled_at is null
    for share
),
opened as (
    insert into interactions (
        organization_id, connection_id, id, kind, request, digest, answers, responders, home_teams, key_id, asked_by,
        tags, metadata, idempotency_key, request_hash, cards_left, expires_at)
    select
        connection.organization_id, connection.id, $id, $kind, $request::jsonb, $digest, $answers::jsonb,
        $responders::text[], $home_teams::text[], $key_id, $asked_by, $tags::text[], $metadata::jsonb,
        $idempotency_key, $request_hash, jsonb_array_length($addresses::jsonb),
        clock_timestamp() + make_interval(secs => $expires_in::int)
    from connection
    on conflict (organization_id, idempotency_key) where idempotency_key is not null do nothing
    returning organization_id, connection_id, id
),
queued as (
    insert into cards (organization_id, connection_id, interaction_id, id, ordinal, address)
    select opened.organization_id, opened.connection_id, opened.id, ($card_ids::uuid[])[place], place, address
    from opened, jsonb_array_elements($addresses::jsonb) with ordinality as addressed (address, place)
),
told as (
    insert into events (organization_id, id, interaction_id, type)
    select organization_id, $event_id, id, 'interaction.created'
    from opened
)
select id
from opened;

-- name: find_idempotent :maybe
-- What was opened under an idempotency key, and the hash of the request that did.
select id, request_hash
from interactions
where organization_id = $organization_id and idempotency_key = $idempotency_key;

-- name: get :maybe
-- A question as it now is; read_at is the database's clock, by which a passed deadline counts at once.
select
    organization_id, connection_id, id, kind, status, request, digest, answers, responders, home_teams, key_id,
    asked_by, tags, metadata, idempotency_key, supersedes, superseded_by, answer, choice, reason, cards_left,
    cards_shown, created_at, expires_at, ended_at, clock_timestamp() as read_at
from interactions
where organization_id = $organization_id and id = $id;

-- name: claim :one
-- Take a question for good. Lock it, decide from what was locked, change only what was locked, and say truthfully what
-- became of this click. A repeated envelope (the same claim_id) gets the verdict stored for it; what is computed for it
-- a second time is thrown away. Always one row; found is false when there is no such row in this scope.
with locked as materialized (
    select
        id, status, answers, responders, home_teams, answer, choice, answered_by, reason, superseded_by, expires_at,
        ended_at
    from interactions
    where organization_id = $organization_id and connection_id = $connection_id and id = $interaction_id
    for update
),
seen as materialized ( -- apart from the lock, so that the clock is read after the wait for it
    select locked.*, clock_timestamp() as now
    from (values (true)) as always
    left join locked on true
),
decided as materialized (
    select
        seen.*,
        case
            when id is null then 'gone'
            when status = 'answered' and answered_by = $user_id::text and choice = $choice::text then 'recorded'
            when status = 'answered' and answered_by = $user_id::text then 'decided'
            when status = 'answered' then 'taken'
            when status <> 'pending' then status
            when expires_at <= now then 'expired'
            when home_teams is not null and ($user_team::text = any (home_teams)) is not true then 'outsider'
            when responders is not null and ($user_id::text = any (responders)) is not true then 'not_yours'
            when (answers ? $choice::text) is not true then 'gone'
            else 'won'
        end as verdict
    from seen
),
audited as (
    insert into clicks (
        organization_id, claim_id, connection_id, interaction_id, verdict, choice, user_id, user_name, user_team,
        channel, ts, clicked_at)
    select
        $organization_id, $claim_id, $connection_id, id, verdict, $choice::text, $user_id::text, $user_name,
        $user_team::text, $channel, $ts, now
    from decided
    on conflict (organization_id, claim_id) do update set repeats = clicks.repeats + 1
    returning verdict, repeats
),
won as (
    update interactions
    set
        status = 'answered',
        answer = (interactions.answers -> $choice::text)
            || jsonb_build_object(
                'by', jsonb_build_object('user', $user_id::text, 'name', $user_name, 'team', $user_team::text),
                'via', 'button'),
        choice = $choice::text,
        answered_by = $user_id::text,
        claim_id = $claim_id,
        ended_at = decided.now
    from decided, audited
    where
        interactions.organization_id = $organization_id
        and interactions.connection_id = $connection_id
        and interactions.id = $interaction_id
        and interactions.status = 'pending'
        and audited.verdict = 'won'
        and audited.repeats = 0
    returning interactions.status, interactions.answer, interactions.choice, interactions.ended_at
),
told as (
    insert into events (organization_id, id, interaction_id, type)
    select $organization_id, $event_id, $interaction_id, 'interaction.answered'
    from won
),
settling as (
    update cards
    set wanted = wanted + 1, due_at = clock_timestamp()
    from won
    where
        cards.organization_id = $organization_id
        and cards.interaction_id = $interaction_id
        and cards.given_up_at is null
)
select
    audited.verdict,
    audited.repeats,
    decided.id is not null as found,
    coalesce(won.status, decided.status) as status,
    decided.responders,
    coalesce(won.answer, decided.answer) as answer,
    coalesce(won.choice, decided.choice) as choice,
    decided.reason,
    decided.superseded_by,
    decided.expires_at,
    coalesce(won.ended_at, decided.ended_at) as ended_at,
    decided.now as read_at
from audited
cross join decided
left join won on true;

-- name: expire :many
-- End what nobody answered in time: expired when somebody could have seen a card, else unreachable. Bounded, safe on
-- every replica at once. Scans all organizations for what is due; the statement's clock, unlike clock_timestamp(), lets
-- the index stop where nothing is due any more.
with due as materialized (
    select organization_id, id
    from interactions
    where status = 'pending' and expires_at <= statement_timestamp()
    order by expires_at
    limit $most
    for update skip locked
),
ended as (
    update interactions
    set
        status = case when cards_shown > 0 then 'expired' else 'unreachable' end,
        reason = case when cards_shown > 0 then null else $never_shown::jsonb end,
        ended_at = expires_at
    from due
    where
        interactions.organization_id = due.organization_id
        and interactions.id = due.id
        and interactions.status = 'pending'
    returning interactions.organization_id, interactions.id, interactions.status
),
told as (
    insert into events (organization_id, id, interaction_id, type)
    select organization_id, ($event_ids::uuid[])[row_number() over ()], id, 'interaction.' || status
    from ended
),
settling as (
    update cards
    set wanted = wanted + 1, due_at = clock_timestamp()
    from ended
    where
        cards.organization_id = ended.organization_id
        and cards.interaction_id = ended.id
        and cards.given_up_at is null
)
select organization_id, id, status
from ended;

-- name: ended :many
-- Which of the watched questions need waiting for no more: ended, or past their deadline. One row per pair that is.
select interactions.organization_id, interactions.id
from unnest($organization_ids::uuid[], $ids::uuid[]) as watched (organization_id, id)
join interactions
    on interactions.organization_id = watched.organization_id and interactions.id = watched.id
where interactions.status <> 'pending' or interactions.expires_at <= clock_timestamp();

-- name: timeline :many
-- Everything that happened to one question, oldest first: its events and every click on it.
select at, type, null::text as by, null::text as verdict, detail
from events
where organization_id = $organization_id and interaction_id = $id
union all
select
    clicked_at, 'interaction.clicked', user_id, verdict,
    jsonb_build_object('choice', choice, 'user_name', user_name, 'channel', channel, 'ts', ts, 'repeats', repeats)
from clicks
where organization_id = $organization_id and interaction_id = $id
order by at;
