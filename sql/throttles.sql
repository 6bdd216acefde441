-- What may be had only so often, by the database's clock. A row is a bucket in one column: `at` is when it will be full
-- again, so what is left of it at any moment follows from the time until then.

-- name: take :maybe
-- Take $amount from a bucket that holds $burst and is filled with $rate a second; seconds until it is full again. No row:
-- there is less left, and nothing was taken. The condition stands on the locked row, and the clock is read after the
-- wait for it, so all that is ever taken in some time is at most $burst and $rate for each second of it.
insert into throttles (organization_id, name, at)
values ($organization_id, $name, clock_timestamp() + make_interval(secs => $amount::float8 / $rate::float8))
on conflict (organization_id, name) do update
set at = greatest(throttles.at, clock_timestamp()) + make_interval(secs => $amount::float8 / $rate::float8)
where throttles.at <= clock_timestamp() + make_interval(secs => ($burst::float8 - $amount::float8) / $rate::float8)
returning extract(epoch from at - clock_timestamp())::float8 as seconds;

-- name: hold :none
-- Let nothing be taken, by whoever has no patience, for $seconds from now on.
insert into throttles (organization_id, name, at)
values ($organization_id, $name, clock_timestamp() + make_interval(secs => $seconds::float8))
on conflict (organization_id, name) do update
set at = greatest(throttles.at, excluded.at);
