-- Which migrations this database has.

-- name: exists :one
-- Whether any migration was ever applied here.
select to_regclass('migrations') is not null as found;

-- name: applied :many
-- What was applied, in order.
select version, name
from migrations
order by version;

-- name: record :none
-- Remember one migration: in the transaction that applied it, or once all its indexes are built.
insert into migrations (version, name)
values ($version, $name);
