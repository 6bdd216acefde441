-- Interactions: opened, read, claimed, ended.

-- name: open :one
-- Store an interaction with its cards to post and its first event, and supersede the one that it names: all of it, or
-- nothing. id is null if nothing was opened: the connection is not active, the idempotency key is taken, the
-- interaction to be superseded does not exist or has ended, or $max_pending of the organization are pending.
-- $max_pending is null if the caller knows that fewer are; then none are counted. One that supersedes another is not
-- refused for their number. The connection is locked first, so that disabling it cannot miss an interaction that is
-- being opened; the gate before it is as in things.lock_connection.
with /* part: gate */,
connection as materialized (
    select connections.organization_id, connections.id
    from gate
    cross join connections
    where
        connections.organization_id = $organization_id
        and connections.id = $connection_id
        and connections.disabled_at is null
    for share of connections
),
older as materialized ( -- locked after the connection, never before it
    select interactions.id, interactions.status, interactions.expires_at
    from connection
    cross join interactions
    where
        interactions.organization_id = $organization_id
        and interactions.id = $supersedes
        and interactions.thing_id is null
    for no key update of interactions
),
seen as materialized ( -- apart from the locks, so that the clock is read after the wait for them
    select connection.organization_id, connection.id, older.status, older.expires_at, clock_timestamp() as now
    from connection
    left join older on true
),
pending_count as materialized ( -- counting 10,000 takes 3 ms, so not every call requests it
    select count(*) as pending
    from (
        select
        from interactions
        where
            organization_id = $organization_id and status = 'pending' and thing_id is null
            and id < '5af3107a-4000-0000-0000-000000000000' -- before the ids of rounds, which are not read
            and $max_pending::int8 is not null and $supersedes::uuid is null
        limit $max_pending
    ) as counted
),
opened as (
    insert into interactions (
        organization_id, connection_id, id, kind, request, digest, answers, forms, responders, home_teams, key_id, asked_by,
        tags, metadata, idempotency_key, request_hash, supersedes, on_expiry, callback, callback_target, unheard,
        full_text, cards_left, expires_at)
    select
        seen.organization_id, seen.id, $id, $kind, $request::jsonb, $digest, $answers::jsonb, $forms::jsonb,
        $responders::text[], $home_teams::text[], $key_id, $asked_by, $tags::text[], $metadata::jsonb,
        $idempotency_key, $request_hash, $supersedes, $on_expiry, $callback, $callback_target, false,
        $full_text, jsonb_array_length($addresses::jsonb), clock_timestamp() + make_interval(secs => $expires_in::int)
    from seen
    where
        ($supersedes::uuid is null or (seen.status = 'pending' and seen.expires_at > seen.now))
        and ($max_pending::int8 is null or (select pending from pending_count) < $max_pending)
    on conflict (organization_id, idempotency_key) where idempotency_key is not null do nothing
    returning organization_id, connection_id, id, created_at, expires_at
),
queued as (
    insert into cards (organization_id, connection_id, interaction_id, id, ordinal, address)
    select opened.organization_id, opened.connection_id, opened.id, ($card_ids::uuid[])[place], place, address
    from opened, jsonb_array_elements($addresses::jsonb) with ordinality as addressed (address, place)
),
new_events as (
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
    (select pending from pending_count) as pending;

-- name: find_idempotent :maybe
-- The interaction that was opened under an idempotency key, and the hash of the request that opened it.
select id, request_hash
from interactions
where organization_id = $organization_id and idempotency_key = $idempotency_key;

-- name: get :maybe
-- One interaction as it is stored; read_at is the database's clock, which decides whether its deadline has passed.
select
    /* part: interaction_columns */,
    clock_timestamp() as read_at
from interactions
where organization_id = $organization_id and id = $id;

-- name: full_text :maybe
-- The full text of an interaction's action; null: it has none.
select full_text
from interactions
where organization_id = $organization_id and id = $id;

-- name: several :many
-- Interactions by id, as they are stored; those that do not exist are left out.
select
    /* part: interaction_columns */,
    clock_timestamp() as read_at
from interactions
where organization_id = $organization_id and id = any ($ids::uuid[]);

-- name: page :many
-- Up to $limit of an organization's questions older than $before, newest first. Rounds of things are not among them: their
-- ids are greater than those of all questions, see bridge.ids.new_round, so $before keeps every index from reading them.
-- Each arm of the union uses an index of its own and runs only for its filters. Arms that may match very many rows stop
-- at a page, so they apply all filters themselves; the rows of the others are filtered below. The page ends with the row
-- that brings its content to $max_bytes, and has the bodies only if $with_body. followed: whether there is an older one
-- that matches.
with newest as materialized ( -- most tags are either common, and found among the newest rows, or rare
    select *
    from (
        select *
        from interactions
        where
            organization_id = $organization_id and id < $before and thing_id is null
            and $idempotency_key::text is null and $run::text is null and $tag::text is not null
            and $status::text is distinct from 'pending'
        order by id desc
        limit $limit::int8 * 10
    ) as looked_at
    where
        $tag = any (tags) and ($kind::text is null or kind = $kind) and ($status::text is null or status = $status)
    order by id desc
    limit $limit
)
select
    /* part: interaction_columns */,
    statement_timestamp() as read_at,
    followed
from (
    select
        matching.*,
        sum(size) over (order by id desc) - size as size_before,
        lead(id) over (order by id desc) is not null as followed
    from (
        select
            found.*,
            octet_length(request::text) + octet_length(metadata::text)
            - case when $with_body::bool then 0 else coalesce(octet_length(request ->> 'body'), 0) end as size
        from (
            (
                select *
                from interactions
                where
                    organization_id = $organization_id and id < $before and thing_id is null
                    and $idempotency_key::text is null and $run::text is null and $status::text is null
                    and $kind::text is null and $tag::text is null
                order by id desc
                limit $limit
            )
            union all
            (
                select *
                from interactions
                where
                    organization_id = $organization_id and kind = $kind and id < $before
                    and $idempotency_key::text is null and $run::text is null and $status::text is null and $tag::text is null
                order by id desc
                limit $limit
            )
            union all
            (
                select *
                from interactions
                where
                    organization_id = $organization_id and status = $status and id < $before and thing_id is null
                    and $idempotency_key::text is null and $run::text is null and ($tag::text is null or $status = 'pending')
                    and ($kind::text is null or kind = $kind) and ($tag::text is null or $tag = any (tags))
                order by id desc
                limit $limit
            )
            union all (
                select *
                from newest
                where (select count(*) from newest) = $limit
            )
            union all ( -- few rows; "is true" keeps the planner from reading all rows of an organization without statistics
                select *
                from interactions
                where
                    (organization_id = $organization_id) is true
                    and array_prepend(organization_id::text, tags) @> array[$organization_id::text, $tag]
                    and tags <> '{}'
                    and $idempotency_key::text is null and $run::text is null and $status::text is distinct from 'pending'
                    and ($status::text is null or status = $status)
                    and (select count(*) from newest) < $limit
            )
            union all ( -- mostly few rows, but a program may give all its runs the same name
                select *
                from interactions
                where
                    organization_id = $organization_id and request #>> '{agent,run}' = $run and id < $before
                    and $idempotency_key::text is null
                    and ($kind::text is null or kind = $kind) and ($tag::text is null or $tag = any (tags))
                    and ($status::text is null or status = $status)
                order by id desc
                limit $limit
            )
            union all ( -- one row, or none
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
        limit $limit
    ) as matching
) as sized
where size_before < $max_bytes::int8
order by id desc;

-- name: rounds :many
-- Up to $limit rounds of one thing older than $before, newest first; of this status, or of all.
select
    /* part: interaction_columns */,
    statement_timestamp() as read_at
from interactions
where
    organization_id = $organization_id and thing_id = $thing_id and id < $before
    and ($status::text is null or status = $status)
order by id desc
limit $limit;

-- name: lock :none
-- Lock the interaction, so that the next statement of this transaction sees what was committed before. A statement that
-- waited for the lock itself would decide from the row of before the wait.
select
from interactions
where organization_id = $organization_id and id = $id
for no key update;

-- name: claim :one
-- Claim an interaction. Lock it, decide from the locked row, change only the locked row, and return the true verdict on
-- this click. A repeated envelope (the same claim_id) gets the verdict stored for it; the verdict computed for it again
-- is discarded. Always one row. found: whether there is such an interaction in this scope. overdue: the deadline has
-- passed and the end is not written; then nothing is decided or written, and the caller has the end written and claims
-- again. $intent is answer, open (the click asks for a form), show (it asks for the full text, and has no choice) or
-- mistaken (a submission has mistakes that a person can correct; without $choice: nothing is selected in a menu): all but
-- answer run every check and win nothing. $given is what a submission adds to the answer: it is merged under the stored
-- answer, so that it overrides nothing of it. With intent answer and without $given, a click can win only the choices in
-- `answers`; with $given or another intent, only the choices in `forms` count. $is_colleague: the clicker belongs to the
-- enterprise of the connection, though not to a workspace in home_teams; null: Slack did not say. undecided: the verdict
-- depends on it, so nothing is decided or written. asked: the kind and the request, if the verdict is opened: the form is
-- made from them, or with intent show from the full text.
-- A round of a thing is claimed only with the $thing_id that it names, in a transaction that has locked the thing; see
-- round_of. $refusal is why the thing does not allow the choice now, which is then refused instead of won. Intent add is
-- for a thing that is open, whatever became of the round: the verdict is added, and the round stays as it is.
with locked as materialized (
    select
        id, status, answers, forms, responders, unable, home_teams, answer, choice, answered_by, reason, superseded_by,
        expires_at,
        ended_at,
        full_text is not null as has_full_text
    from interactions
    where
        organization_id = $organization_id
        and connection_id = $connection_id
        and id = $interaction_id
        and thing_id is not distinct from $thing_id::uuid
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
                $intent::text <> 'add' -- for which it does not matter what became of the round
                and status = 'answered' and answered_by = $user_id::text and choice = $choice::text
                and answer || coalesce($given::jsonb, '{}') = answer
                and $intent::text <> 'mistaken' -- what was given is not in the answer
                then 'recorded'
            when $intent <> 'add' and status = 'answered' and answered_by = $user_id::text then 'decided'
            when $intent <> 'add' and status = 'answered' then 'taken'
            when $intent <> 'add' and status <> 'pending' then status
            when expires_at <= now then null -- overdue
            when
                home_teams is not null and ($user_team::text = any (home_teams)) is not true
                and $is_colleague::boolean is not true
                then case when $is_colleague is not null then 'outsider' end -- null: undecided
            when responders is not null and ($user_id::text = any (responders)) is not true then 'not_yours'
            when $intent = 'show' then case when has_full_text then 'opened' else 'gone' end
            when $intent = 'mistaken' and $choice::text is null then 'mistaken'
            when
                (case when $intent::text = 'answer' and $given::jsonb is null then answers else forms end ? $choice::text)
                is not true
                then 'gone'
            when $intent = 'open' then 'opened'
            when $intent = 'mistaken' then 'mistaken'
            when $refusal::jsonb is not null then 'refused'
            when $intent = 'add' then 'added'
            else 'won'
        end as verdict
    from seen
),
audited as (
    insert into clicks (
        organization_id, claim_id, connection_id, interaction_id, verdict, choice, user_id, user_name, user_team,
        channel, ts, refusal, clicked_at)
    select
        $organization_id, $claim_id, $connection_id, id, verdict, $choice::text, $user_id::text, $user_name,
        $user_team::text, $channel, $ts, case when verdict = 'refused' then $refusal::jsonb end, now
    from decided
    where verdict is not null
    on conflict (organization_id, claim_id) do update set repeats = clicks.repeats + 1
    returning verdict, repeats, refusal
),
won as (
    update interactions
    set
        status = 'answered',
        answer = coalesce($given::jsonb, '{}')
            || (case when $given::jsonb is null then interactions.answers else interactions.forms end -> $choice::text)
            || jsonb_build_object(
                'by', jsonb_build_object('user', $user_id::text, 'name', $user_name, 'team', $user_team::text),
                'via', $via::text),
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
new_events as (
    insert into events (organization_id, id, interaction_id, type, owed)
    select $organization_id, $event_id, $interaction_id, 'interaction.answered', true
    from won
    where $thing_id::uuid is null -- a round tells no event of its own, and its cards are its thing's
),
settling as (
    update cards
    set wanted = wanted + 1, due_at = clock_timestamp()
    from won
    where
        cards.organization_id = $organization_id
        and cards.interaction_id = $interaction_id
        and $thing_id::uuid is null
        and cards.given_up_at is null
    returning cards.channel, cards.ts
)
select
    decided.verdict is null and decided.expires_at <= decided.now as overdue,
    decided.verdict is null and decided.expires_at > decided.now as undecided,
    audited.refusal,
    exists (select from settling where settling.channel = $channel and settling.ts = $ts) as is_settling,
    audited.verdict,
    audited.repeats,
    decided.id is not null as found,
    coalesce(won.status, decided.status) as status,
    decided.responders,
    decided.unable,
    coalesce(won.answer, decided.answer) as answer,
    coalesce(won.choice, decided.choice) as choice,
    decided.reason,
    decided.superseded_by,
    decided.expires_at,
    coalesce(won.ended_at, decided.ended_at) as ended_at,
    case
        when audited.verdict = 'opened' -- read for this verdict only, so that other clicks do not wait for it
            then (
                select
                    jsonb_build_object(
                        'kind', kind, 'request', request, 'full_text', case when $intent = 'show' then full_text end)
                from interactions
                where
                    organization_id = $organization_id
                    and connection_id = $connection_id
                    and id = $interaction_id)
    end as asked
from decided
left join audited on true
left join won on true;

-- name: round_of :maybe
-- The thing of a round, before the round is claimed: nothing of it is locked or written. No row: it is none of this scope.
select thing_id as id, kind as noun
from interactions
where
    organization_id = $organization_id
    and connection_id = $connection_id
    and id = $interaction_id
    and thing_id is not null;

-- name: end_now :maybe
-- End a pending interaction, which is locked, as cancelled or as unreachable, with the event and the edits that follow.
-- ended: whether this call did it; else it had ended before, or its deadline had passed. No row: there is no such
-- interaction in this organization.
with seen as materialized (
    select status, expires_at, clock_timestamp() as now
    from interactions
    where organization_id = $organization_id and id = $id
),
ended as (
    update interactions
    set status = $status, reason = $reason::jsonb, ended_at = seen.now
    from seen
    where
        interactions.organization_id = $organization_id
        and interactions.id = $id
        and seen.status = 'pending'
        and seen.expires_at > seen.now
    returning interactions.organization_id, interactions.id
),
new_events as (
    insert into events (organization_id, id, interaction_id, type, detail, owed)
    select organization_id, $event_id, id, 'interaction.' || $status, $detail::jsonb, true
    from ended
),
/* part: settle */
select exists (select from ended) as ended
from seen;

-- name: set_unable :none
-- Record which responders of a pending interaction cannot answer, and have its posted cards say so, except the card that
-- is being edited.
with changed as (
    update interactions
    set unable = $unable::jsonb
    where
        organization_id = $organization_id
        and id = $id
        and status = 'pending'
        and unable <> $unable::jsonb
    returning organization_id, id
)
update cards
set wanted = wanted + 1, due_at = clock_timestamp()
from changed
where
    cards.organization_id = $organization_id
    and cards.interaction_id = changed.id
    and cards.id <> $card_id
    and cards.ts is not null
    and cards.given_up_at is null;

-- name: ended :many
-- Those of the watched interactions that a waiting request should read: ended, or past their deadline. One row for
-- each.
select interactions.organization_id, interactions.id
from unnest($organization_ids::uuid[], $ids::uuid[]) as watched (organization_id, id)
join interactions
    on interactions.organization_id = watched.organization_id and interactions.id = watched.id
where interactions.status <> 'pending' or interactions.expires_at <= clock_timestamp();

-- name: timeline :many
-- What happened to one interaction, oldest first: its events, the clicks on it, and when an agent acknowledged its end.
-- Of events and of clicks at most $limit each, the latest, with those that ended it always among them: a person may
-- click any number of times, and a replica that writes a long timeline delays the clicks of all others.
(
    select at, type, null::text as by, null::text as verdict, detail
    from events
    where organization_id = $organization_id and interaction_id = $id
    order by starts_with(type, 'interaction.') desc, at desc
    limit $limit
)
union all
(
    select
        clicked_at, 'interaction.clicked', user_id, verdict,
        jsonb_build_object('choice', choice, 'user_name', user_name, 'channel', channel, 'ts', ts, 'repeats', repeats)
    from clicks
    where organization_id = $organization_id and interaction_id = $id
    order by verdict = 'won' desc, clicked_at desc
    limit $limit
)
union all
(
    select heard_at, 'interaction.heard', null, null, '{}'
    from interactions
    where organization_id = $organization_id and id = $id and heard_at is not null
)
order by at;
