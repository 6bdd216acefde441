-- The copies of a question on Slack's screens. Every write-back names the attempt that leased the row: a replica that
-- was paused past its lease changes nothing. Lock order: interaction, then cards.

-- part: lock
-- Hold the interaction before its cards.
locked as materialized (
    select id
    from interactions
    where organization_id = $organization_id and id = $interaction_id
    for no key update
)

-- name: of_interaction :many
-- The copies of one question, in the order of their addresses.
select
    /* part: card_columns */
from cards
where organization_id = $organization_id and interaction_id = $interaction_id
order by ordinal, id;

-- name: of_interactions :many
-- The copies of several questions, each in the order of its addresses.
select
    /* part: card_columns */
from cards
where organization_id = $organization_id and interaction_id = any ($interaction_ids::uuid[])
order by ordinal, id;

-- name: lease :many
-- Take up to $most copies that do not show what they should, for $seconds: of those connections that this replica has a
-- token for, also the disabled ones, whose cancelled cards are still to be settled, and of those kinds that it can draw.
-- Every connection gets one before any gets two, and its longest due first.
-- Walks from connection to connection along the index of what is not shelved: however much is due on one of them, it is
-- not read, and neither is what waits for a connection that no replica serves. Scans all organizations; the statement's
-- clock, unlike clock_timestamp(), lets the index pass over what is not due yet.
with recursive waiting as (
    select organization_id, connection_id
    from (
        select organization_id, connection_id
        from cards
        where
            shown < wanted
            and shelved < wanted
            and given_up_at is null
            and due_at <= statement_timestamp()
        order by organization_id, connection_id
        limit 1
    ) as first
    union all
    select following.organization_id, following.connection_id
    from waiting
    cross join lateral (
        select organization_id, connection_id
        from cards
        where
            shown < wanted
            and shelved < wanted
            and given_up_at is null
            and due_at <= statement_timestamp()
            and (organization_id, connection_id) > (waiting.organization_id, waiting.connection_id)
        order by organization_id, connection_id
        limit 1
    ) as following
),
served as materialized ( -- by this replica
    select waiting.organization_id, waiting.connection_id
    from waiting
    join connections
        on connections.organization_id = waiting.organization_id and connections.id = waiting.connection_id
    where
        (connections.organization_id, connections.id) in (
            select organization_id, connection_id
            from unnest($organization_ids::uuid[], $connection_ids::uuid[]) as settings (organization_id, connection_id))
),
ready as materialized (
    select
        waiting.organization_id, waiting.interaction_id, waiting.id, waiting.due_at,
        row_number() over (partition by served.organization_id, served.connection_id order by waiting.due_at) as place
    from served
    cross join lateral (
        select organization_id, interaction_id, id, due_at
        from cards
        where
            cards.organization_id = served.organization_id
            and cards.connection_id = served.connection_id
            and shown < wanted
            and shelved < wanted
            and given_up_at is null
            and due_at <= statement_timestamp()
            and (leased_until is null or leased_until <= statement_timestamp())
            and exists ( -- a later release draws the cards of its own kinds
                select
                from interactions
                where
                    interactions.organization_id = served.organization_id
                    and interactions.id = cards.interaction_id
                    and interactions.kind = any ($kinds::text[])
            )
        order by due_at
        -- More than are taken: others lease at the same moment, and what they have locked is passed over below.
        limit (select 1 + $most::bigint * 8 / greatest(count(*), 1) from served)
    ) as waiting
),
due as materialized (
    select cards.organization_id, cards.interaction_id, cards.id
    from ready
    join cards
        on cards.organization_id = ready.organization_id
        and cards.interaction_id = ready.interaction_id
        and cards.id = ready.id
    where
        cards.shown < cards.wanted
        and cards.given_up_at is null
        and cards.due_at <= statement_timestamp()
        and (cards.leased_until is null or cards.leased_until <= clock_timestamp())
    order by ready.place, ready.due_at
    limit $most
    for update of cards skip locked
)
update cards
set attempt = cards.attempt + 1, leased_until = clock_timestamp() + make_interval(secs => $seconds::int)
from due
where
    cards.organization_id = due.organization_id
    and cards.interaction_id = due.interaction_id
    and cards.id = due.id
returning
    cards.organization_id, cards.connection_id, cards.interaction_id, cards.id, cards.ordinal, cards.address,
    cards.channel, cards.ts, cards.permalink, cards.wanted, cards.shown, cards.maybe_shown, cards.attempt,
    cards.failures, cards.plain, cards.settled, cards.due_at, cards.leased_until, cards.given_up_at, cards.reason;

-- name: lock :none
-- Hold the question, so that the next statement of this transaction sees what others wrote of it before.
select
from interactions
where organization_id = $organization_id and id = $interaction_id
for no key update;

-- name: sending :maybe
-- Before a copy is sent: from now on it may be on a screen, whatever becomes of us. newly: this send raised that doubt,
-- so a certain failure of it takes it back. No row: the lease was lost, or nobody waits for an answer any more.
with locked as materialized (
    select id, expires_at
    from interactions
    where organization_id = $organization_id and id = $interaction_id and status = 'pending'
    for no key update
),
mine as materialized ( -- apart from the lock, so that the clock is read after the wait for it
    select cards.id, cards.maybe_shown
    from locked
    join cards on cards.organization_id = $organization_id and cards.interaction_id = locked.id
    where
        locked.expires_at > clock_timestamp()
        and cards.id = $id
        and cards.attempt = $attempt
        and cards.given_up_at is null
        and cards.ts is null
    for update of cards
),
marked as (
    update cards
    set maybe_shown = true
    from mine
    where cards.organization_id = $organization_id and cards.interaction_id = $interaction_id and cards.id = mine.id
    returning not mine.maybe_shown as newly
),
counted as (
    update interactions
    set cards_shown = cards_shown + 1
    from marked
    where organization_id = $organization_id and id = $interaction_id and marked.newly
)
select newly
from marked;

-- name: posted :one
-- Remember where a copy was posted. When the lease was lost meanwhile, the copy is on a screen all the same: it is kept
-- as a stray one, to be settled like any other. Sent again, it changes nothing more. kept: the lease still held.
with /* part: lock */,
card as materialized ( -- locked whoever leased it, so that a stray one is told what it should show by now
    select
        cards.connection_id, cards.id, cards.ordinal, cards.address, cards.wanted, cards.attempt, cards.given_up_at,
        cards.ts, cards.maybe_shown
    from locked
    join cards on cards.organization_id = $organization_id and cards.interaction_id = locked.id
    where cards.id = $id
    for update of cards
),
mine as materialized (
    select id, ts is null as is_new, maybe_shown
    from card
    where attempt = $attempt and given_up_at is null
),
kept as (
    update cards
    set
        channel = $channel, ts = $ts, shown = $version::int, plain = $plain::boolean, leased_until = null,
        failures = 0, reason = null, due_at = clock_timestamp()
    from mine
    where cards.organization_id = $organization_id and cards.interaction_id = $interaction_id and cards.id = mine.id
    returning mine.is_new, mine.maybe_shown
),
absorbed as ( -- a click that came before this write-back took the same message in as one nobody knew of
    delete from cards
    using kept
    where
        cards.organization_id = $organization_id
        and cards.interaction_id = $interaction_id
        and cards.channel = $channel
        and cards.ts = $ts
        and cards.id <> $id
),
stray as ( -- shown anew a little later: a claim that waits for our lock at this moment cannot see this row
    insert into cards (
        organization_id, connection_id, interaction_id, id, ordinal, address, channel, ts, wanted, shown, plain,
        due_at)
    select
        $organization_id, connection_id, $interaction_id, $stray_id, ordinal, address, $channel, $ts, wanted + 1,
        least($version::int, wanted), $plain::boolean, clock_timestamp() + interval '3 seconds'
    from card
    where
        not exists (select from mine)
        and not exists (
            select
            from cards
            where
                organization_id = $organization_id
                and interaction_id = $interaction_id
                and channel = $channel
                and ts = $ts)
    on conflict (organization_id, interaction_id, id) do nothing
    returning id
),
counted as (
    update interactions
    set
        cards_left = cards_left - (select count(*) from kept where is_new),
        -- How a question ends is settled when its deadline passes: a card that comes later no longer counts.
        cards_shown = cards_shown
            + case
                when expires_at > clock_timestamp()
                    then (select count(*) from kept where is_new and not maybe_shown) + (select count(*) from stray)
                else 0
            end
    where organization_id = $organization_id and id = $interaction_id
),
told as (
    insert into events (organization_id, id, interaction_id, type, detail, owed)
    select
        $organization_id, $event_id, $interaction_id,
        case when exists (select from kept) then 'interaction.posted' else 'card.lease_lost' end,
        jsonb_build_object('channel', $channel::text, 'ts', $ts::text),
        exists (select from kept)
    from locked
    on conflict (organization_id, id) do nothing
)
select exists (select from kept) as kept;

-- name: edited :one
-- Remember that a copy now shows this version. Sent again, it changes nothing more. kept: the lease still held.
with /* part: lock */,
mine as materialized (
    select cards.id, cards.settled
    from locked
    join cards on cards.organization_id = $organization_id and cards.interaction_id = locked.id
    where cards.id = $id and cards.attempt = $attempt
    for update of cards
),
kept as (
    update cards
    set
        shown = $version::int, plain = $plain::boolean, leased_until = null, failures = 0, reason = null,
        settled = cards.settled or $settles::boolean,
        due_at = greatest(cards.due_at, clock_timestamp()) -- what came meanwhile may wait for more, see receipts
    from mine
    where cards.organization_id = $organization_id and cards.interaction_id = $interaction_id and cards.id = mine.id
    returning mine.settled
),
again as ( -- this edit may have come after a newer one and undone it
    update cards
    set wanted = wanted + 1, due_at = clock_timestamp()
    from locked
    where
        cards.organization_id = $organization_id
        and cards.interaction_id = locked.id
        and cards.id = $id
        and cards.attempt <> $attempt
        and cards.shown = cards.wanted
        and cards.given_up_at is null
),
told as (
    insert into events (organization_id, id, interaction_id, type, detail)
    select
        $organization_id, $event_id, $interaction_id,
        case
            when not exists (select from kept) then 'card.lease_lost'
            when (select settled from kept) or not $settles::boolean then 'card.edited'
            else 'card.settled'
        end,
        jsonb_build_object('channel', $channel::text, 'ts', $ts::text)
    from locked
    on conflict (organization_id, id) do nothing
)
select exists (select from kept) as kept;

-- name: skip :none
-- A copy that was never shown and need not be any more: the question ended first. It is counted once.
with /* part: lock */,
mine as materialized (
    select cards.id, cards.shown
    from locked
    join cards on cards.organization_id = $organization_id and cards.interaction_id = locked.id
    where cards.id = $id and cards.attempt = $attempt
    for update of cards
),
skipped as (
    update cards
    set shown = wanted, settled = true, leased_until = null
    from mine
    where cards.organization_id = $organization_id and cards.interaction_id = $interaction_id and cards.id = mine.id
    returning mine.shown = 0 as first
)
update interactions
set cards_left = cards_left - 1
from skipped
where organization_id = $organization_id and interactions.id = $interaction_id and skipped.first;

-- name: retry :none
-- Let go of a copy until $seconds from now. When the failed send may have been accepted, the copy may be on a screen:
-- that is remembered, because such a question can no longer be called unreachable. When it certainly was not, the doubt
-- that this very send raised is taken back.
with /* part: lock */,
mine as materialized (
    select cards.id, cards.maybe_shown
    from locked
    join cards on cards.organization_id = $organization_id and cards.interaction_id = locked.id
    where cards.id = $id and cards.attempt = $attempt
    for update of cards
),
released as (
    update cards
    set
        leased_until = null,
        due_at = clock_timestamp() + make_interval(secs => $seconds::float),
        failures = failures + $failed::int,
        maybe_shown = $unsure::boolean or (cards.maybe_shown and not $doubted::boolean),
        reason = coalesce($reason::jsonb, reason)
    from mine
    where cards.organization_id = $organization_id and cards.interaction_id = $interaction_id and cards.id = mine.id
    returning cards.maybe_shown::int - mine.maybe_shown::int as more
)
update interactions
set cards_shown = cards_shown + released.more
from released
where
    organization_id = $organization_id
    and interactions.id = $interaction_id
    and released.more <> 0
    and interactions.expires_at > clock_timestamp(); -- what comes later no longer counts, see posted

-- name: give_up :maybe
-- Stop trying one copy, and say why. When it was the last hope and nobody can have seen any copy, the question is
-- unreachable, decided on its locked row; status is what the question is after this. No row: the lease was lost.
-- The failure is certain, so the doubt that this very send raised is taken back.
with locked as materialized (
    select id, status, cards_left, cards_shown, expires_at
    from interactions
    where organization_id = $organization_id and id = $interaction_id
    for no key update
),
given_up as (
    update cards
    set
        given_up_at = clock_timestamp(), leased_until = null, reason = $reason::jsonb,
        maybe_shown = cards.maybe_shown and not $doubted::boolean
    from locked
    where
        cards.organization_id = $organization_id
        and cards.interaction_id = locked.id
        and cards.id = $id
        and cards.attempt = $attempt
        and cards.given_up_at is null
    returning cards.shown = 0 and cards.ts is null as never_shown
),
seen as materialized ( -- past its deadline it has ended already, see posted; the clock is read after the wait
    select locked.*, status = 'pending' and expires_at > clock_timestamp() as is_open
    from locked
),
decided as materialized (
    select
        never_shown,
        ($doubted::boolean and is_open)::int as taken_back,
        is_open
        and seen.cards_left = never_shown::int
        and seen.cards_shown = $doubted::boolean::int as last_hope
    from seen, given_up
),
ended as (
    update interactions
    set
        cards_left = cards_left - decided.never_shown::int,
        cards_shown = cards_shown - decided.taken_back,
        status = case when last_hope then 'unreachable' else status end,
        reason = case when last_hope then $reason::jsonb else reason end,
        ended_at = case when last_hope then clock_timestamp() else ended_at end
    from decided
    where organization_id = $organization_id and id = $interaction_id
    returning status, last_hope as just_ended
),
told as (
    insert into events (organization_id, id, interaction_id, type, detail, owed)
    select
        $organization_id, $event_id, $interaction_id,
        case when just_ended then 'interaction.unreachable' else 'card.given_up' end,
        $reason::jsonb, just_ended
    from ended
)
select status
from ended;

-- name: permalink :none
-- Remember the address of a posted copy for people, and have the copies in the same channel of the question that this one
-- replaced say it: within an edit that is still due, or in one more.
with replacing as materialized (
    select supersedes
    from interactions
    where organization_id = $organization_id and id = $interaction_id
),
older as materialized ( -- locked before any copy: whoever holds it may want the newer one's copies next
    select interactions.id
    from replacing
    join interactions
        on interactions.organization_id = $organization_id and interactions.id = replacing.supersedes
    for no key update of interactions
),
kept as (
    update cards
    set permalink = $permalink
    from (select count(*) from older) as locked
    where organization_id = $organization_id and interaction_id = $interaction_id and id = $id and ts = $ts
    returning channel
)
update cards
set
    wanted = wanted + 1,
    due_at = case when shown < wanted and leased_until is null then due_at else clock_timestamp() end
from older, kept
where
    cards.organization_id = $organization_id
    and cards.interaction_id = older.id
    and cards.channel = kept.channel
    and cards.given_up_at is null;

-- name: heal :none
-- A click came from a card that should show an end and does not: have it edited once more. The card is found by where it
-- lives, whichever interaction of the connection it belongs to. A card that no row knows (its send was never confirmed) is
-- taken in by the handle that the click carries.
with ended as materialized (
    select organization_id, connection_id, id
    from interactions
    where
        organization_id = $organization_id
        and connection_id = $connection_id
        and id = $interaction_id
        and status <> 'pending'
    for no key update
),
known as materialized (
    select cards.interaction_id, cards.id
    from ended
    join cards on cards.organization_id = $organization_id and cards.connection_id = $connection_id
    where cards.channel = $channel and cards.ts = $ts
),
again as (
    update cards
    set wanted = wanted + 1, due_at = clock_timestamp()
    from known
    where
        cards.organization_id = $organization_id
        and cards.interaction_id = known.interaction_id
        and cards.id = known.id
        and cards.shown = cards.wanted
        and cards.given_up_at is null
)
insert into cards (
    organization_id, connection_id, interaction_id, id, ordinal, address, channel, ts, wanted, shown)
select
    organization_id, connection_id, id, $stray_id, 0, jsonb_build_object('channel', $channel::text), $channel, $ts, 2, 1
from ended
where not exists (select from known);
