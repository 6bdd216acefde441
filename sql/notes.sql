-- Notes: replies in the threads of cards. One message at a time is posted in a thread, so that its notes stay in their
-- order: a replica that leases notes of a card first locks the card, in a statement of its own. A note that Slack may
-- have posted is never sent again. Every write-back names the attempts that leased the rows.

-- part: leased
-- The notes of one card that this caller has leased; a note that was leased by another since is none of them.
mine as materialized (
    select notes.number, notes.leased_until, notes.given_up_at, notes.maybe_sent, notes.over_at
    from unnest($numbers::int[], $attempts::int[]) as leased (number, attempt)
    join notes
        on notes.organization_id = $organization_id
        and notes.interaction_id = $interaction_id
        and notes.card_id = $card_id
        and notes.number = leased.number
        and notes.attempt = leased.attempt
    for update of notes
)

-- part: of_mine
-- Whether a note is one of these.
notes.organization_id = $organization_id
and notes.interaction_id = $interaction_id
and notes.card_id = $card_id
and notes.number = mine.number

-- part: held
-- The cards that this transaction has locked.
held as (
    select organization_id, interaction_id, card_id
    from unnest($organization_ids::uuid[], $interaction_ids::uuid[], $card_ids::uuid[])
        as locked (organization_id, interaction_id, card_id)
)

-- name: hold_cards :many
-- Lock up to $limit cards whose next note is due and that no replica posts notes for: of the connections that this
-- replica has a token for. A card that is not posted yet keeps its notes waiting; is_over: it never will get them.
-- has_over: it has notes whose round is over. Scans all organizations. Cards that are locked are skipped.
with due as materialized (
    select
        notes.organization_id, notes.interaction_id, notes.card_id, min(notes.due_at) as due_at,
        min(notes.number) as number, bool_or(notes.over_at is not null) as has_over
    from notes
    where
        /* part: note_waits */
        and notes.due_at <= statement_timestamp()
        and (notes.organization_id, notes.connection_id) in (
            /* part: settings */
        )
    group by notes.organization_id, notes.interaction_id, notes.card_id
)
select
    cards.organization_id, cards.interaction_id, cards.id,
    cards.retired_at is not null or cards.given_up_at is not null or cards.ts is null as is_over, due.has_over
from due
join cards
    on cards.organization_id = due.organization_id
    and cards.interaction_id = due.interaction_id
    and cards.id = due.card_id
where
    (cards.ts is not null or cards.retired_at is not null or cards.given_up_at is not null or cards.settled)
    and not exists (
        select
        from notes
        where
            notes.organization_id = due.organization_id
            and notes.interaction_id = due.interaction_id
            and notes.card_id = due.card_id
            and notes.leased_until > statement_timestamp()
    )
    and not exists ( -- one that waits for its next attempt keeps those after it waiting
        select
        from notes
        where
            notes.organization_id = due.organization_id
            and notes.interaction_id = due.interaction_id
            and notes.card_id = due.card_id
            and notes.number < due.number
            and /* part: note_waits */
    )
order by due.due_at
limit $limit
for no key update of cards skip locked;

-- name: abandon :many
-- Give up the waiting notes of locked cards that never will get them: because they are elsewhere now ($moved), were
-- given up themselves, or need no post any more ($never_posted). Of other cards those whose round is over ($answered):
-- the release before does not give them up when it puts them off.
with /* part: held */
update notes
set
    given_up_at = clock_timestamp(), leased_until = null,
    reason = case
        when notes.over_at is not null then $answered::jsonb
        when cards.retired_at is not null then $moved::jsonb
        when cards.given_up_at is not null then cards.reason
        else $never_posted::jsonb
    end
from held
join cards
    on cards.organization_id = held.organization_id
    and cards.interaction_id = held.interaction_id
    and cards.id = held.card_id
where
    notes.organization_id = held.organization_id
    and notes.interaction_id = held.interaction_id
    and notes.card_id = held.card_id
    and /* part: note_waits */
    and (notes.leased_until is null or notes.leased_until <= clock_timestamp())
    and (
        notes.over_at is not null
        or cards.retired_at is not null or cards.given_up_at is not null or cards.ts is null)
returning notes.interaction_id, notes.reason ->> 'code' as code;

-- name: lease :many
-- Lease the first waiting notes of each locked card for $seconds: as many as make one message of at most $max_size. One
-- with buttons is alone.
with /* part: held */,
first as materialized (
    select
        notes.organization_id, notes.thing_id, notes.interaction_id, notes.card_id, notes.number,
        sum(notes.size + 1) over (
            partition by notes.organization_id, notes.interaction_id, notes.card_id
            order by notes.number
        ) - 1 as joined_size,
        row_number() over (
            partition by notes.organization_id, notes.interaction_id, notes.card_id
            order by notes.number
        ) as place,
        count(notes.round_id) over (
            partition by notes.organization_id, notes.interaction_id, notes.card_id
            order by notes.number
        ) as asking
    from held
    join notes
        on notes.organization_id = held.organization_id
        and notes.interaction_id = held.interaction_id
        and notes.card_id = held.card_id
    where
        /* part: note_waits */
        and notes.over_at is null
        and not exists ( -- as hold_cards looked before its lock, but after the lock
            select
            from notes
            where
                notes.organization_id = held.organization_id
                and notes.interaction_id = held.interaction_id
                and notes.card_id = held.card_id
                and notes.leased_until > clock_timestamp()
        )
)
update notes
set attempt = notes.attempt + 1, leased_until = clock_timestamp() + make_interval(secs => $seconds::int)
from first
join cards
    on cards.organization_id = first.organization_id
    and cards.interaction_id = first.interaction_id
    and cards.id = first.card_id
join things on things.organization_id = first.organization_id and things.id = first.thing_id
where
    notes.organization_id = first.organization_id
    and notes.interaction_id = first.interaction_id
    and notes.card_id = first.card_id
    and notes.number = first.number
    and first.joined_size <= $max_size
    and (first.place = 1 or first.asking = 0) -- a note with buttons is a message of its own
returning
    notes.organization_id, notes.connection_id, notes.interaction_id, notes.card_id, notes.number, notes.text,
    notes.attempt, notes.failures, notes.buttons, notes.round_id, things.noun, things.id as thing_id, cards.address,
    cards.channel, cards.ts;

-- name: mark_maybe_sent :one
-- Mark notes as possibly posted, before Slack is called: a replica may die before it records the message. All or none:
-- none if the lease was lost, the round is over, or the card is given up or elsewhere. The lease is $seconds long from
-- here on.
with /* part: leased */,
marked as (
    update notes
    set maybe_sent = true, leased_until = clock_timestamp() + make_interval(secs => $seconds::int)
    from mine
    where
        /* part: of_mine */
        and cardinality($numbers::int[]) = (
            select count(*)
            from mine as free
            where
                free.leased_until > clock_timestamp()
                and free.given_up_at is null
                and not free.maybe_sent
                and free.over_at is null
        )
        and exists (
            select
            from cards
            where
                cards.organization_id = $organization_id
                and cards.interaction_id = $interaction_id
                and cards.id = $card_id
                and cards.given_up_at is null
                and cards.retired_at is null
        )
    returning notes.number
)
select exists (select from marked) as is_marked;

-- name: sent :one
-- Record the message that shows these notes. kept: the rows are still there.
with /* part: leased */,
kept as (
    update notes
    set channel = $channel, ts = $ts, sent_at = clock_timestamp(), leased_until = null, failures = 0, reason = null
    from mine
    where
        /* part: of_mine */
        and mine.maybe_sent
        and mine.given_up_at is null
    returning notes.number
)
select exists (select from kept) as kept;

-- name: put_off :one
-- Release notes that Slack certainly has not posted; they are due again in $seconds, and wait until then for $reason.
-- They are given up if they have waited longer than $max_age seconds, or ask for what is not offered any more.
with /* part: leased */,
released as (
    update notes
    set
        leased_until = null,
        maybe_sent = false,
        due_at = clock_timestamp() + make_interval(secs => $seconds::float8),
        failures = failures + $failed::int,
        reason = $reason::jsonb,
        given_up_at = case
            when created_at < clock_timestamp() - make_interval(secs => $max_age::float8) or notes.over_at is not null
                then clock_timestamp()
        end
    from mine
    where
        /* part: of_mine */
        and mine.given_up_at is null
    returning notes.given_up_at
)
select exists (select from released where given_up_at is not null) as is_given_up;

-- name: give_up :none
-- Post these notes no more, for $reason: Slack refuses them for good, or may have posted them.
with /* part: leased */
update notes
set given_up_at = clock_timestamp(), leased_until = null, reason = $reason::jsonb, maybe_sent = $unsure::boolean
from mine
where
    /* part: of_mine */
    and mine.given_up_at is null;

-- name: lease_edits :many
-- Lease up to $limit posted notes for $seconds whose buttons are to go because their round has ended: of the
-- connections that this replica has a token for. Scans all organizations. Rows that are locked are skipped.
with due as materialized (
    select notes.organization_id, notes.thing_id, notes.interaction_id, notes.card_id, notes.number
    from notes
    where
        notes.over_at is not null
        and notes.edited_at is null
        and notes.ts is not null
        and notes.due_at <= statement_timestamp()
        and (notes.leased_until is null or notes.leased_until <= statement_timestamp())
        and (notes.organization_id, notes.connection_id) in (
            /* part: settings */
        )
    order by notes.due_at
    limit $limit
    for update skip locked
)
update notes
set attempt = notes.attempt + 1, leased_until = clock_timestamp() + make_interval(secs => $seconds::int)
from due
join things on things.organization_id = due.organization_id and things.id = due.thing_id
where
    notes.organization_id = due.organization_id
    and notes.interaction_id = due.interaction_id
    and notes.card_id = due.card_id
    and notes.number = due.number
returning
    notes.organization_id, notes.connection_id, notes.thing_id, things.noun, notes.interaction_id, notes.card_id,
    notes.number,
    notes.text, notes.attempt, notes.failures, notes.channel, notes.ts;

-- name: edited :none
-- Record that a message has no buttons any more, or, with a $reason, that they cannot be taken from it.
with /* part: leased */
update notes
set edited_at = clock_timestamp(), leased_until = null, failures = 0, reason = $reason::jsonb
from mine
where
    /* part: of_mine */;

-- name: put_off_edit :one
-- Release a message that still has its buttons; it is due again in $seconds, and waits until then for $reason. It keeps
-- its buttons if it has waited longer than $max_age seconds.
with /* part: leased */,
released as (
    update notes
    set
        leased_until = null,
        due_at = clock_timestamp() + make_interval(secs => $seconds::float8),
        failures = failures + $failed::int,
        reason = $reason::jsonb,
        edited_at = case
            when notes.over_at < clock_timestamp() - make_interval(secs => $max_age::float8) then clock_timestamp()
        end
    from mine
    where
        /* part: of_mine */
    returning notes.edited_at
)
select exists (select from released where edited_at is not null) as is_given_up;

-- name: adopt :none
-- A click came from a message with the buttons of a round ($round_id) that is no message of the thing that is known: it
-- is the note that asks for its moves in this thread ($thread_ts) and of which only is known that Slack may have posted
-- it, because its replica died, or the response was lost. Record where it is, so that it can lose its buttons; the
-- attempt is counted, so that its late replica writes nothing back.
with unrecorded as materialized (
    select notes.interaction_id, notes.card_id, notes.number
    from notes
    join cards
        on cards.organization_id = $organization_id
        and cards.interaction_id = notes.interaction_id
        and cards.id = notes.card_id
    where
        notes.organization_id = $organization_id
        and notes.connection_id = $connection_id
        and notes.thing_id = $thing_id
        and notes.round_id = $round_id
        and notes.maybe_sent
        and notes.ts is null
        and (notes.leased_until is null or notes.leased_until <= clock_timestamp())
        and cards.channel = $channel
        and $thread_ts in (cards.ts, cards.address ->> 'thread_ts')
        and not exists (
            select
            from notes
            where
                organization_id = $organization_id
                and thing_id = $thing_id
                and channel = $channel
                and ts = $ts
        )
        and not exists (
            select
            from cards
            where
                organization_id = $organization_id
                and interaction_id = notes.interaction_id
                and channel = $channel
                and ts = $ts
        )
    order by notes.number desc
    limit 1
    for update of notes
)
update notes
set
    channel = $channel, ts = $ts, sent_at = clock_timestamp(), attempt = notes.attempt + 1, leased_until = null,
    given_up_at = null, failures = 0, reason = null, due_at = clock_timestamp()
from unrecorded
where
    notes.organization_id = $organization_id
    and notes.interaction_id = unrecorded.interaction_id
    and notes.card_id = unrecorded.card_id
    and notes.number = unrecorded.number;

-- name: edit_again :none
-- A click came from a message that should have no buttons any more: have it edited once more.
update notes
set edited_at = null, due_at = clock_timestamp()
where
    organization_id = $organization_id
    and connection_id = $connection_id
    and channel = $channel
    and ts = $ts
    and round_id is not null
    and over_at is not null
    and edited_at is not null;

-- name: next_in :one
-- Seconds until the next note of these connections can be posted or lose its buttons, null if none can. The first note
-- of a posted card waits until its own time, and until no replica posts other notes of the card.
with served as (
    /* part: settings */
),
first as (
    select distinct on (notes.organization_id, notes.interaction_id, notes.card_id)
        notes.organization_id, notes.interaction_id, notes.card_id, notes.due_at
    from served
    join notes on notes.organization_id = served.organization_id and notes.connection_id = served.connection_id
    where /* part: note_waits */
    order by notes.organization_id, notes.interaction_id, notes.card_id, notes.number
),
to_edit as (
    select min(greatest(notes.due_at, notes.leased_until)) as at
    from served
    join notes on notes.organization_id = served.organization_id and notes.connection_id = served.connection_id
    where notes.over_at is not null and notes.edited_at is null and notes.ts is not null
),
posts as (
    select min(greatest(first.due_at, busy.until)) as at
    from first
    join cards
        on cards.organization_id = first.organization_id
        and cards.interaction_id = first.interaction_id
        and cards.id = first.card_id
    cross join lateral (
        select max(leased_until) as until
        from notes
        where
            notes.organization_id = first.organization_id
            and notes.interaction_id = first.interaction_id
            and notes.card_id = first.card_id
            and leased_until is not null
    ) as busy
    where cards.ts is not null
)
select extract(epoch from least(posts.at, to_edit.at) - clock_timestamp())::float8 as seconds
from posts
cross join to_edit;
