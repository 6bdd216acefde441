-- The migrations that were applied to this database.

-- name: exists :one
-- Whether the table of applied migrations exists.
select to_regclass('migrations') is not null as found;

-- name: applied :many
-- The applied migrations, in order.
select version, name
from migrations
order by version;

-- name: record :none
-- Record one migration: in the transaction that applied it, or once all its indexes are built.
insert into migrations (version, name)
values ($version, $name);
