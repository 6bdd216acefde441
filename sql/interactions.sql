-- The questions: opened, claimed, ended, read.

-- name: open :one
-- Make a question durable with its copies to post and its first event, and supersede the one that it names: all of it, or
-- nothing. id is null when nothing was opened: the connection is not active, the idempotency key is taken, what was to
-- be superseded is not there or has ended, or $most_pending are pending (null: whoever calls knows that there is room, and
-- nothing is counted). One that takes another's place needs no room. The connection is locked first, so that disabling
-- it cannot miss a row being born.
with connection as materialized (
    select organization_id, id
    from connections
    where organization_id = $organization_id and id = $connection_id and disabled_at is null
    for share
),
older as materialized ( -- locked after the connection, never before it
    select interactions.id, interactions.status, interactions.expires_at
    from connection
    cross join interactions
    where interactions.organization_id = $organization_id and interactions.id = $supersedes
    for no key update of interactions
),
seen as materialized ( -- apart from the locks, so that the clock is read after the wait for them
    select connection.organization_id, connection.id, older.status, older.expires_at, clock_timestamp() as now
    from connection
    left join older on true
),
crowd as materialized ( -- of 10,000 it takes 3 ms, so not every call asks for it
    select count(*) as pending
    from (
        select
        from interactions
        where
            organization_id = $organization_id and status = 'pending'
            and $most_pending::int8 is not null and $supersedes::uuid is null
        limit $most_pending
    ) as counted
),
opened as (
    insert into interactions (
        organization_id, connection_id, id, kind, request, digest, answers, forms, responders, home_teams, key_id, asked_by,
        tags, metadata, idempotency_key, request_hash, supersedes, on_expiry, callback, callback_target, unheard,
        cards_left, expires_at)
    select
        seen.organization_id, seen.id, $id, $kind, $request::jsonb, $digest, $answers::jsonb, $forms::jsonb,
        $responders::text[], $home_teams::text[], $key_id, $asked_by, $tags::text[], $metadata::jsonb,
        $idempotency_key, $request_hash, $supersedes, $on_expiry, $callback, $callback_target, false,
        jsonb_array_length($addresses::jsonb), clock_timestamp() + make_interval(secs => $expires_in::int)
    from seen
    where
        ($supersedes::uuid is null or (seen.status = 'pending' and seen.expires_at > seen.now))
        and ($most_pending::int8 is null or (select pending from crowd) < $most_pending)
    on conflict (organization_id, idempotency_key) where idempotency_key is not null do nothing
    returning organization_id, connection_id, id, created_at, expires_at
),
queued as (
    insert into cards (organization_id, connection_id, interaction_id, id, ordinal, address)
    select opened.organization_id, opened.connection_id, opened.id, ($card_ids::uuid[])[place], place, address
    from opened, jsonb_array_elements($addresses::jsonb) with ordinality as addressed (address, place)
),
told as (
    insert into events (organization_id, id, interaction_id, type, owed)
    select organization_id, $event_id, id, 'interaction.created', true
    from opened
),
ended as (
    update interactions
    set status = 'superseded', superseded_by = opened.id, ended_at = seen.now
    from opened, seen
    where
        interactions.organization_id = $organization_id
        and interactions.id = $supersedes
        and interactions.status = 'pending'
    returning interactions.organization_id, interactions.id
),
told_of_older as (
    insert into events (organization_id, id, interaction_id, type, owed)
    select organization_id, $superseded_event_id, id, 'interaction.superseded', true
    from ended
),
/* part: settle */
select
    (select id from opened) as id,
    (select created_at from opened) as created_at,
    (select expires_at from opened) as expires_at,
    exists (select from connection) as connected,
    exists (select from older) as found,
    (select pending from crowd) as pending;

-- name: find_idempotent :maybe
-- What was opened under an idempotency key, and the hash of the request that did.
select id, request_hash
from interactions
where organization_id = $organization_id and idempotency_key = $idempotency_key;

-- name: get :maybe
-- A question as it is stored; read_at is the database's clock, by which its deadline has passed or not.
select
    /* part: interaction_columns */,
    clock_timestamp() as read_at
from interactions
where organization_id = $organization_id and id = $id;

-- name: several :many
-- Some questions as they are stored; those that are not there are left out.
select
    /* part: interaction_columns */,
    clock_timestamp() as read_at
from interactions
where organization_id = $organization_id and id = any ($ids::uuid[]);

-- name: page :many
-- An organization's questions, newest first, up to $most older than $before. Each arm goes by an index of its own and runs
-- only for its filters; those that may find very many stop at a page, so they have all filters themselves. The others are
-- filtered below.
with newest as materialized ( -- most tags are either common, and found here, or rare
    select *
    from (
        select *
        from interactions
        where
            organization_id = $organization_id and id < $before
            and $idempotency_key::text is null and $run::text is null and $tag::text is not null
            and $status::text is distinct from 'pending'
        order by id desc
        limit $most::int8 * 10
    ) as looked_at
    where
        $tag = any (tags) and ($kind::text is null or kind = $kind) and ($status::text is null or status = $status)
    order by id desc
    limit $most
)
select
    /* part: interaction_columns */,
    statement_timestamp() as read_at
from (
    (
        select *
        from interactions
        where
            organization_id = $organization_id and id < $before
            and $idempotency_key::text is null and $run::text is null and $status::text is null
            and $kind::text is null and $tag::text is null
        order by id desc
        limit $most
    )
    union all
    (
        select *
        from interactions
        where
            organization_id = $organization_id and kind = $kind and id < $before
            and $idempotency_key::text is null and $run::text is null and $status::text is null and $tag::text is null
        order by id desc
        limit $most
    )
    union all
    (
        select *
        from interactions
        where
            organization_id = $organization_id and status = $status and id < $before
            and $idempotency_key::text is null and $run::text is null and ($tag::text is null or $status = 'pending')
            and ($kind::text is null or kind = $kind) and ($tag::text is null or $tag = any (tags))
        order by id desc
        limit $most
    )
    union all (
        select *
        from newest
        where (select count(*) from newest) = $most
    )
    union all ( -- few; "is true" keeps the planner from going through all of an organization that it does not know
        select *
        from interactions
        where
            (organization_id = $organization_id) is true
            and array_prepend(organization_id::text, tags) @> array[$organization_id::text, $tag]
            and tags <> '{}'
            and $idempotency_key::text is null and $run::text is null and $status::text is distinct from 'pending'
            and ($status::text is null or status = $status)
            and (select count(*) from newest) < $most
    )
    union all ( -- mostly few, but a program may say the same of all its runs
        select *
        from interactions
        where
            organization_id = $organization_id and request #>> '{agent,run}' = $run and id < $before
            and $idempotency_key::text is null
            and ($kind::text is null or kind = $kind) and ($tag::text is null or $tag = any (tags))
            and ($status::text is null or status = $status)
        order by id desc
        limit $most
    )
    union all ( -- one, or none
        select *
        from interactions
        where organization_id = $organization_id and idempotency_key = $idempotency_key
    )
) as found
where
    id < $before
    and ($kind::text is null or kind = $kind)
    and ($tag::text is null or $tag = any (tags))
    and (request #>> '{agent,run}' = $run or $run is null)
    and (status = $status or $status is null)
order by id desc
limit $most;

-- name: claim :one
-- Take a question for good. Lock it, decide from what was locked, change only what was locked, and say truthfully what
-- became of this click. A repeated envelope (the same claim_id) gets the verdict stored for it; what is computed for it
-- a second time is thrown away. Always one row; found is false when there is no such row in this scope. overdue is true
-- when the deadline has passed and the end is not written: then nothing is decided and nothing is written, and the caller
-- has the end written and claims again.
-- $intent is answer, open (the click asks for a form) or mistaken (a submission has mistakes a person can mend): the last
-- two pass every check and take nothing. $given is what a submission adds to the answer: it is merged under the stored
-- answer, so that it overrides nothing of it. Without it a click can win what stands in answers only, with it, and with
-- any other intent, what stands in forms only.
with locked as materialized (
    select
        id, status, answers, forms, responders, home_teams, answer, choice, answered_by, reason, superseded_by, expires_at,
        ended_at
    from interactions
    where organization_id = $organization_id and connection_id = $connection_id and id = $interaction_id
    for no key update
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
            when
                status = 'answered' and answered_by = $user_id::text and choice = $choice::text
                and answer || coalesce($given::jsonb, '{}') = answer
                then 'recorded'
            when status = 'answered' and answered_by = $user_id::text then 'decided'
            when status = 'answered' then 'taken'
            when status <> 'pending' then status
            when expires_at <= now then null -- overdue
            when home_teams is not null and ($user_team::text = any (home_teams)) is not true then 'outsider'
            when responders is not null and ($user_id::text = any (responders)) is not true then 'not_yours'
            when
                (case when $intent::text = 'answer' and $given::jsonb is null then answers else forms end ? $choice::text)
                is not true
                then 'gone'
            when $intent = 'open' then 'opened'
            when $intent = 'mistaken' then 'mistaken'
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
    where verdict is not null
    on conflict (organization_id, claim_id) do update set repeats = clicks.repeats + 1
    returning verdict, repeats
),
won as (
    update interactions
    set
        status = 'answered',
        answer = coalesce($given::jsonb, '{}')
            || (case when $given::jsonb is null then interactions.answers else interactions.forms end -> $choice::text)
            || jsonb_build_object(
                'by', jsonb_build_object('user', $user_id::text, 'name', $user_name, 'team', $user_team::text),
                'via', case when $given::jsonb is null then 'button' else 'form' end),
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
    returning
        interactions.organization_id, interactions.id, interactions.status, interactions.answer, interactions.choice,
        interactions.ended_at, interactions.callback_target
),
told as (
    insert into events (organization_id, id, interaction_id, type, owed)
    select $organization_id, $event_id, $interaction_id, 'interaction.answered', true
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
    returning cards.channel, cards.ts
)
select
    decided.verdict is null as overdue,
    exists (select from settling where settling.channel = $channel and settling.ts = $ts) as is_settling,
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
    coalesce(won.ended_at, decided.ended_at) as ended_at
from decided
left join audited on true
left join won on true;

-- name: cancel :maybe
-- Withdraw a question. Lock it, decide from what was locked, and write all that follows. cancelled: this call did it; else
-- it had ended before, or its deadline had passed. No row: there is no such question in this organization.
with locked as materialized (
    select status, expires_at
    from interactions
    where organization_id = $organization_id and id = $id
    for no key update
),
seen as materialized ( -- apart from the lock, so that the clock is read after the wait for it
    select locked.*, clock_timestamp() as now
    from locked
),
ended as (
    update interactions
    set status = 'cancelled', reason = $reason::jsonb, ended_at = seen.now
    from seen
    where
        interactions.organization_id = $organization_id
        and interactions.id = $id
        and interactions.status = 'pending'
        and seen.status = 'pending'
        and seen.expires_at > seen.now
    returning interactions.organization_id, interactions.id
),
told as (
    insert into events (organization_id, id, interaction_id, type, detail, owed)
    select
        organization_id, $event_id, id, 'interaction.cancelled', jsonb_build_object('key', $cancelled_by::text), true
    from ended
),
/* part: settle */
select exists (select from ended) as cancelled
from seen;

-- name: ended :many
-- Which of the watched questions a waiting request should look at: ended, or past their deadline. One row for each.
select interactions.organization_id, interactions.id
from unnest($organization_ids::uuid[], $ids::uuid[]) as watched (organization_id, id)
join interactions
    on interactions.organization_id = watched.organization_id and interactions.id = watched.id
where interactions.status <> 'pending' or interactions.expires_at <= clock_timestamp();

-- name: timeline :many
-- What happened to one question, oldest first: its events, the clicks on it, and when its end was heard. Of very many, what
-- ended it and the last $most of each: anybody may click as often as they like, and whoever tells of it holds up the clicks
-- of all others.
(
    select at, type, null::text as by, null::text as verdict, detail
    from events
    where organization_id = $organization_id and interaction_id = $id
    order by starts_with(type, 'interaction.') desc, at desc
    limit $most
)
union all
(
    select
        clicked_at, 'interaction.clicked', user_id, verdict,
        jsonb_build_object('choice', choice, 'user_name', user_name, 'channel', channel, 'ts', ts, 'repeats', repeats)
    from clicks
    where organization_id = $organization_id and interaction_id = $id
    order by verdict = 'won' desc, clicked_at desc
    limit $most
)
union all
(
    select heard_at, 'interaction.heard', null, null, '{}'
    from interactions
    where organization_id = $organization_id and id = $id and heard_at is not null
)
order by at;
