-- Version, durability settings and clock of a PostgreSQL server.

-- name: look :one
-- The version, the settings that decide whether confirmed writes survive a crash, and the server's clock.
select
    current_setting('server_version_num')::int as version,
    current_setting('fsync')::bool as fsync,
    current_setting('synchronous_commit') <> 'off' as synchronous_commit,
    current_setting('full_page_writes')::bool as full_page_writes,
    clock_timestamp() as now;
