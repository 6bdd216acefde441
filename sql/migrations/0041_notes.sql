-- Notes: replies in the threads of a thing's cards. A note is written with the change that it tells, once for each card.
--
-- Safe beside the previous release, which does not know the table; a card or thing that it deletes takes its notes along.

create table notes (
    organization_id uuid not null,
    connection_id uuid not null,
    thing_id uuid not null,
    interaction_id uuid not null, -- the thing's anchor, which the card belongs to
    card_id uuid not null,
    id uuid not null, -- the same in the thread of every card
    number integer not null check (number > 0), -- in the order in which the notes of the thing were written
    text text not null,
    size integer not null check (size between 1 and 3000), -- of the text, as Slack may count it
    attempt integer not null default 0, -- counts leases; the fence of every write-back
    failures integer not null default 0,
    due_at timestamptz not null default clock_timestamp(),
    leased_until timestamptz,
    maybe_sent boolean not null default false, -- Slack was called, and may have posted it: it is never sent again
    channel text,
    ts text, -- of the message, which other notes may share
    sent_at timestamptz,
    given_up_at timestamptz,
    reason jsonb, -- {code, detail, fix} of the last failure
    created_at timestamptz not null default clock_timestamp(),
    primary key (organization_id, interaction_id, card_id, number),
    foreign key (organization_id, interaction_id, card_id) references cards (organization_id, interaction_id, id)
        on delete cascade,
    foreign key (organization_id, thing_id) references things (organization_id, id) on delete cascade,
    check ((channel is null) = (ts is null)),
    check ((ts is null) = (sent_at is null)),
    check (ts is null or maybe_sent),
    check (ts is null or given_up_at is null),
    check (given_up_at is null or reason is not null)
);

create index notes_thing on notes (organization_id, thing_id, number);
create index notes_waiting on notes (organization_id, interaction_id, card_id, number)
    where given_up_at is null and not maybe_sent;
create index notes_leased on notes (organization_id, interaction_id, card_id) where leased_until is not null;
-- Exception to the organization that leads every index: the loop posts what is due, of any organization.
create index notes_due on notes (due_at) where given_up_at is null and not maybe_sent;
