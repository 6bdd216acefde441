-- Rate limits that hold for all replicas together, by the database's clock. A row is a token bucket in one column: `at`
-- is when the bucket will be full again, so the tokens left at any moment follow from the time until then.

-- name: take :maybe
-- Take $amount tokens from a bucket that holds $burst and gains $rate a second; returns the seconds until it is full
-- again. No row: it has fewer tokens, and none was taken. The condition is evaluated on the locked row, and the clock
-- is read after the wait for it, so that in any period at most $burst, plus $rate for each second, are taken.
insert into throttles (organization_id, name, at)
values ($organization_id, $name, clock_timestamp() + make_interval(secs => $amount::float8 / $rate::float8))
on conflict (organization_id, name) do update
set at = greatest(throttles.at, clock_timestamp()) + make_interval(secs => $amount::float8 / $rate::float8)
where throttles.at <= clock_timestamp() + make_interval(secs => ($burst::float8 - $amount::float8) / $rate::float8)
returning extract(epoch from at - clock_timestamp())::float8 as seconds;

-- name: full_in :maybe
-- The seconds until a bucket is full, not positive if it is. No row: it was never used.
select extract(epoch from at - clock_timestamp())::float8 as seconds
from throttles
where organization_id = $organization_id and name = $name;

-- name: hold :none
-- Make a bucket full again no earlier than $seconds from now; a later time stays. Until then a caller takes tokens only
-- if its $burst allows for the time until the bucket is full.
insert into throttles (organization_id, name, at)
values ($organization_id, $name, clock_timestamp() + make_interval(secs => $seconds::float8))
on conflict (organization_id, name) do update
set at = greatest(throttles.at, excluded.at);
