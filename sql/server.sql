-- What a PostgreSQL server says of itself.

-- name: look :one
-- Its version, whether what it confirmed survives a crash, and what time it has.
select
    current_setting('server_version_num')::int as version,
    current_setting('fsync')::bool as fsync,
    current_setting('synchronous_commit') <> 'off' as synchronous_commit,
    current_setting('full_page_writes')::bool as full_page_writes,
    clock_timestamp() as now;
