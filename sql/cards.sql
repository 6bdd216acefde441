-- The cards of an interaction in Slack. Every write-back names the attempt that leased the row, so that a replica that
-- was paused past the end of its lease changes nothing. Lock order: interaction, then cards.

-- part: lock
-- Lock the interaction before its cards; an anchor is locked like any other, and its thing is not.
locked as materialized (
    select id, thing_id
    from interactions
    where organization_id = $organization_id and id = $interaction_id
    for no key update
)

-- part: unserved
-- Whether a card should be posted or edited and no replica can do it.
shown < wanted
and given_up_at is null
and not exists (
    select
    from serving
    where
        serving.organization_id = $organization_id
        and serving.connection_id = cards.connection_id
        and serving.served_until > statement_timestamp()
) as unserved

-- name: of_interaction :many
-- The cards of one interaction, in the order of their addresses.
select
    /* part: card_columns */,
    /* part: unserved */
from cards
where organization_id = $organization_id and interaction_id = $interaction_id
order by ordinal, id;

-- name: of_interactions :many
-- The cards of several interactions, those of each in the order of its addresses.
select
    /* part: card_columns */,
    /* part: unserved */
from cards
where organization_id = $organization_id and interaction_id = any ($interaction_ids::uuid[])
order by ordinal, id;

-- name: lease :many
-- Lease up to $limit cards that do not show the version that they should, for $seconds: of the connections that this
-- replica has a token for, including disabled ones, whose cancelled cards are still to be settled, and of the kinds
-- that it can draw. Every connection gets one card before any gets two, and its longest due card comes first.
-- Walks from connection to connection along the index of cards that are not shelved, so that the many due cards of one
-- connection are not read, nor those of a connection that no replica serves. Scans all organizations; the statement's
-- clock, unlike clock_timestamp(), lets the index skip cards that are not due yet.
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
            /* part: settings */
        )
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
            and exists ( -- only a later release can draw the cards of its new kinds
                select
                from interactions
                where
                    interactions.organization_id = served.organization_id
                    and interactions.id = cards.interaction_id
                    and interactions.kind = any ($kinds::text[])
            )
        order by due_at
        -- More than are leased: other replicas lease at the same moment, and the rows that they lock are skipped below.
        limit (select 1 + $limit::bigint * 8 / greatest(count(*), 1) from served)
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
    limit $limit
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
    cards.failures, cards.plain, cards.settled, cards.due_at, cards.leased_until, cards.given_up_at, cards.reason,
    cards.retired_at;

-- name: mark_maybe_shown :maybe
-- Mark a card as possibly posted, before Slack is called: a replica may die before it records the post. newly: this
-- call set the mark, so a certain failure of the post must clear it. No row: the lease was lost, or the interaction is
-- not pending any more; for an anchor, the thing has ended and cannot be corrected, or its cards are elsewhere.
with locked as materialized (
    select id, expires_at
    from interactions
    where
        organization_id = $organization_id
        and id = $interaction_id
        and case
            when thing_id is null then status = 'pending'
            else
                exists ( -- whatever became of its first round, people can act on the thing
                    select
                    from things
                    where
                        things.organization_id = $organization_id
                        and things.id = interactions.thing_id
                        and (things.ended_at is null or things.is_correctable)
                )
        end
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
        and cards.retired_at is null
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
-- Record where a card was posted. If the lease was lost meanwhile, the message exists all the same: it is kept as a
-- stray card, to be settled like any other. Repeated, the statement changes nothing more. kept: the lease was still
-- held. $reason: why some of the people that the card asks cannot answer. $again_in: the card is due once more in so
-- many seconds, unless a newer version is wanted by now; null: it is not. $truncated: JSON pointers of the fields of the
-- request that it shows in part.
with /* part: lock */,
card as materialized ( -- locked whichever replica has leased it, so that a stray card gets the version wanted by now
    select
        cards.connection_id, cards.id, cards.ordinal, cards.address, cards.wanted, cards.attempt, cards.given_up_at,
        cards.ts, cards.maybe_shown, cards.retired_at, locked.thing_id
    from locked
    join cards on cards.organization_id = $organization_id and cards.interaction_id = locked.id
    where cards.id = $id
    for update of cards
),
mine as materialized (
    select id, ts is null as is_new, maybe_shown, thing_id
    from card
    where attempt = $attempt and given_up_at is null
),
kept as (
    update cards
    set
        channel = $channel, ts = $ts, shown = $version::int, plain = $plain::boolean, truncated = $truncated::text[],
        leased_until = null, failures = 0, reason = $reason::jsonb,
        settled = cards.settled and mine.thing_id is null, -- a thing's card that was not needed may be needed again
        wanted = cards.wanted + (cards.wanted = $version::int and $again_in::float8 is not null)::int,
        due_at = clock_timestamp()
            + make_interval(secs => case when cards.wanted = $version::int then coalesce($again_in::float8, 0) else 0 end)
    from mine
    where cards.organization_id = $organization_id and cards.interaction_id = $interaction_id and cards.id = mine.id
    returning mine.is_new, mine.maybe_shown
),
absorbed as ( -- a click that came before this write-back may have inserted a row for the same message, see heal
    delete from cards
    using kept
    where
        cards.organization_id = $organization_id
        and cards.interaction_id = $interaction_id
        and cards.channel = $channel
        and cards.ts = $ts
        and cards.id <> $id
),
stray as ( -- due a little later: a claim that waits for our lock at this moment does not see this row
    insert into cards (
        organization_id, connection_id, interaction_id, id, ordinal, address, channel, ts, wanted, shown, plain,
        truncated, retired_at, due_at)
    select
        $organization_id, connection_id, $interaction_id, $stray_id, ordinal, address, $channel, $ts, wanted + 1,
        least($version::int, wanted), $plain::boolean, $truncated::text[], retired_at,
        clock_timestamp() + interval '3 seconds'
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
        cards_left = cards_left - (select count(*) from kept where is_new and thing_id is null),
        -- How an interaction ends is decided when its deadline passes: a card that is posted later does not count.
        cards_shown = cards_shown
            + case
                when expires_at > clock_timestamp()
                    then (select count(*) from kept where is_new and not maybe_shown) + (select count(*) from stray)
                else 0
            end
    where organization_id = $organization_id and id = $interaction_id
),
new_events as (
    insert into events (organization_id, id, interaction_id, type, detail, owed)
    select
        $organization_id, $event_id, $interaction_id,
        case
            when not exists (select from kept) then 'card.lease_lost'
            when thing_id is null then 'interaction.posted'
            else 'card.posted' -- a thing tells its moves only
        end,
        jsonb_build_object('channel', $channel::text, 'ts', $ts::text),
        thing_id is null and exists (select from kept)
    from locked
    on conflict (organization_id, id) do nothing
)
select exists (select from kept) as kept;

-- name: edited :one
-- Record that a card now shows this version. Repeated, the statement changes nothing more. kept: the lease was still
-- held. $reason and $again_in as in posted; $truncated only counts of a card that people can still answer.
with /* part: lock */,
mine as materialized (
    select cards.id, cards.settled, locked.thing_id
    from locked
    join cards on cards.organization_id = $organization_id and cards.interaction_id = locked.id
    where cards.id = $id and cards.attempt = $attempt
    for update of cards
),
kept as (
    update cards
    set
        shown = $version::int, plain = $plain::boolean, leased_until = null, failures = 0,
        truncated = case when $settles::boolean then cards.truncated else $truncated::text[] end,
        reason = $reason::jsonb, settled = (cards.settled and mine.thing_id is null) or $settles::boolean,
        wanted = cards.wanted + (cards.wanted = $version::int and $again_in::float8 is not null)::int,
        due_at = greatest( -- a later version may be due later, see receipts
            cards.due_at,
            clock_timestamp()
            + make_interval(secs => case when cards.wanted = $version::int then coalesce($again_in::float8, 0) else 0 end))
    from mine
    where cards.organization_id = $organization_id and cards.interaction_id = $interaction_id and cards.id = mine.id
    returning mine.settled
),
again as ( -- this edit may have reached Slack after a newer one, recorded or still being made, and undone it
    update cards
    set wanted = wanted + 1, due_at = clock_timestamp()
    from locked
    where
        cards.organization_id = $organization_id
        and cards.interaction_id = locked.id
        and cards.id = $id
        and cards.attempt <> $attempt
        and (cards.shown = cards.wanted or cards.leased_until is not null)
        and cards.given_up_at is null
),
new_events as (
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
-- Record that a card need not be posted, because the interaction, or the thing of an anchor, ended first. It is counted
-- once.
with /* part: lock */,
mine as materialized (
    select cards.id, cards.shown, locked.thing_id
    from locked
    join cards on cards.organization_id = $organization_id and cards.interaction_id = locked.id
    where cards.id = $id and cards.attempt = $attempt
    for update of cards
),
skipped as (
    update cards
    set
        -- A thing may want the card again since it was leased: the newer version stays due.
        shown = case when mine.thing_id is null then wanted else least($version::int, wanted) end,
        settled = true,
        leased_until = null
    from mine
    where cards.organization_id = $organization_id and cards.interaction_id = $interaction_id and cards.id = mine.id
    returning mine.shown = 0 as first
)
update interactions
set cards_left = cards_left - 1
from skipped
where
    organization_id = $organization_id
    and interactions.id = $interaction_id
    and interactions.thing_id is null -- an anchor counts no cards that are left: it never ends for want of them
    and skipped.first;

-- name: retry :none
-- Release the lease of a card, which is due again in $seconds and waits until then for $reason. $event_id: of the entry
-- in the timeline that is written if the card did not wait for this reason before; null: none is written. If Slack may have accepted the failed post ($unsure),
-- the card stays marked as possibly posted, because its interaction can then not end as unreachable. If Slack certainly
-- did not, the mark is cleared when this try set it ($newly_marked).
with /* part: lock */,
mine as materialized (
    select cards.id, cards.maybe_shown, cards.reason ->> 'code' as code
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
        maybe_shown = $unsure::boolean or (cards.maybe_shown and not $newly_marked::boolean),
        reason = $reason::jsonb
    from mine
    where cards.organization_id = $organization_id and cards.interaction_id = $interaction_id and cards.id = mine.id
    returning cards.maybe_shown::int - mine.maybe_shown::int as more, mine.code, cards.channel, cards.ts, cards.due_at
),
new_events as (
    insert into events (organization_id, id, interaction_id, type, detail)
    select
        $organization_id, $event_id::uuid, $interaction_id, 'card.waiting',
        $reason::jsonb || jsonb_build_object('channel', channel, 'ts', ts, 'until', due_at)
    from released
    where $event_id::uuid is not null and code is distinct from $reason::jsonb ->> 'code'
)
update interactions
set cards_shown = cards_shown + released.more
from released
where
    organization_id = $organization_id
    and interactions.id = $interaction_id
    and released.more <> 0
    and interactions.expires_at > clock_timestamp(); -- after the deadline cards do not count, see posted

-- name: give_up :maybe
-- Stop trying to show one card, and record why. If no other card is left to post and none can have been shown, the
-- interaction ends as unreachable, decided on its locked row. status: of the interaction after this. No row: the lease
-- was lost. The failure is certain, so the mark of mark_maybe_shown is cleared when this try set it ($newly_marked). A
-- posted card of which no message is left ($gone) is not counted as shown any more. An anchor never ends for it: its
-- thing is told, once for each card.
with locked as materialized (
    select id, status, cards_left, cards_shown, expires_at, thing_id
    from interactions
    where organization_id = $organization_id and id = $interaction_id
    for no key update
),
given_up as (
    update cards
    set
        given_up_at = clock_timestamp(), leased_until = null, reason = $reason::jsonb,
        maybe_shown = cards.maybe_shown and not $newly_marked::boolean
    from locked
    where
        cards.organization_id = $organization_id
        and cards.interaction_id = locked.id
        and cards.id = $id
        and cards.attempt = $attempt
        and cards.given_up_at is null
    returning
        cards.address,
        cards.shown = 0 and cards.ts is null and locked.thing_id is null as never_shown,
        $newly_marked::boolean or ($gone::boolean and cards.ts is not null) as not_shown
),
seen as materialized ( -- after its deadline its end is decided, see posted; the clock is read after the wait
    select locked.*, status = 'pending' and expires_at > clock_timestamp() as is_open
    from locked
),
decided as materialized (
    select
        never_shown,
        (not_shown and is_open)::int as taken_back,
        is_open
        and seen.thing_id is null
        and seen.cards_left = never_shown::int
        and seen.cards_shown = not_shown::int as last_hope
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
told_of_thing as ( -- once for each card; an event without a move
    insert into events (organization_id, id, thing_id, type, detail, owed)
    select
        $organization_id, $event_id, things.id, things.noun || '.unreachable',
        jsonb_build_object(
            'move', 'unreachable', 'by', '{}'::jsonb, 'at', clock_timestamp(), 'reason', $reason::jsonb ->> 'detail',
            'detail', jsonb_build_object('card', $id::uuid, 'to', given_up.address, 'cause', $reason::jsonb)),
        true
    from seen
    cross join given_up
    join things on things.organization_id = $organization_id and things.id = seen.thing_id
    where
        not exists (
            select
            from events
            where
                events.organization_id = $organization_id
                and events.thing_id = things.id
                and events.type = things.noun || '.unreachable'
                and events.detail #>> '{detail,card}' = $id::text
        )
    returning id
),
new_events as (
    insert into events (organization_id, id, interaction_id, type, detail, owed)
    select
        $organization_id, $event_id, $interaction_id,
        case when just_ended then 'interaction.unreachable' else 'card.given_up' end,
        $reason::jsonb, just_ended
    from ended
    where not exists (select from told_of_thing)
)
select status
from ended;

-- name: permalink :none
-- Store the permalink of a posted card, and have the cards in the same channel of the superseded interaction or fix show it:
-- with an edit that is still due, or with one more.
with replacing as materialized (
    select supersedes, thing_id
    from interactions
    where organization_id = $organization_id and id = $interaction_id
),
older as materialized ( -- locked before any card: a transaction that holds it may lock the newer one's cards next
    select interactions.id
    from interactions
    where
        interactions.organization_id = $organization_id
        and interactions.id in (
            select supersedes from replacing
            union all
            select things.anchor_id -- of fixes that were superseded by that of these cards
            from replacing
            join fixes
                on fixes.organization_id = $organization_id and fixes.superseded_by = replacing.thing_id
            join things on things.organization_id = $organization_id and things.id = fixes.id
        )
    order by interactions.id
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
-- A click came from a card that should show an end and does not: have the card edited once more. The card is found by
-- channel and ts, whichever interaction of the connection it belongs to. A card without a row (its post was never
-- confirmed) gets one, with the handle that the click carries. With $retries an edit that Slack refused is tried again
-- at once, also of a card that was given up: the click shows that its message exists, and its cause may be mended.
-- $interaction_id is locked, and is the anchor if the click named a round; an anchor's cards may change at any time. A note
-- with buttons is no card, and none is made of it.
with ended as materialized (
    select organization_id, connection_id, id
    from interactions
    where
        organization_id = $organization_id
        and connection_id = $connection_id
        and id = $interaction_id
        and (status <> 'pending' or is_anchor)
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
    set
        wanted = wanted + (shown = wanted)::int,
        given_up_at = null,
        due_at = case
            when shown < wanted and given_up_at is null and due_at <= clock_timestamp() then due_at
            else clock_timestamp()
        end
    from known
    where
        cards.organization_id = $organization_id
        and cards.interaction_id = known.interaction_id
        and cards.id = known.id
        and ($retries::boolean or (cards.shown = cards.wanted and cards.given_up_at is null))
)
insert into cards (
    organization_id, connection_id, interaction_id, id, ordinal, address, channel, ts, wanted, shown)
select
    organization_id, connection_id, id, $stray_id, 0, jsonb_build_object('channel', $channel::text), $channel, $ts, 2, 1
from ended
where
    not exists (select from known)
    and not exists ( -- a note is no card
        select
        from notes
        where
            notes.organization_id = $organization_id
            and notes.channel = $channel
            and notes.ts = $ts
            and notes.round_id is not null
    );

-- name: anchor :maybe
-- The anchor of the thing of a round: its cards belong to it. No row: the interaction is no round, or its thing has none.
select things.anchor_id
from interactions
join things on things.organization_id = $organization_id and things.id = interactions.thing_id
where interactions.organization_id = $organization_id and interactions.id = $id and things.anchor_id is not null;
