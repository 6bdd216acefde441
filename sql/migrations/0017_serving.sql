-- Which connections some replica can post for, and which cards wait for one that can.
--
-- Safe beside the previous release: it neither reads nor writes what is new here. It leases by cards_due, which holds a
-- shelved card as before, so it shows the cards of its own connection whether they are shelved or not. It renews no claim
-- in serving, so a replica of this release may shelve its cards meanwhile; that changes nothing for it. It deletes
-- connections without a look here, so their claims go with them.

-- Apart from connections: an update there would wait for what opens interactions.
create table serving (
    organization_id uuid not null,
    connection_id   uuid not null,
    served_since    timestamptz not null, -- without a gap
    served_until    timestamptz not null, -- passed: no replica has a working token, as far as the database knows
    primary key (organization_id, connection_id),
    foreign key (organization_id, connection_id) references connections (organization_id, id) on delete cascade
);

-- The version of a copy that no replica can show. A copy is out of the way of the lease while this is the version wanted,
-- so that whatever wants a newer version, of this release or another, puts it back without knowing of this column.
alter table cards
    add column shelved int not null default 0;
