-- Webhook endpoints: the URLs that are called about an organization's events. Whether an endpoint is failing is written
-- with its deliveries.
--
-- The row of a deleted endpoint stays, emptied, with the reason 'deleted', and no statement here finds it:
-- events.number may have seen the endpoint a moment ago and be about to write a delivery for it, and must neither wait
-- nor fail.

-- name: lock :none
-- Lock the organization, so that its endpoints are counted by one transaction at a time, and the next statement sees
-- those that others created and enabled before. Blocks no foreign key check.
select
from organizations
where organization_id = $organization_id
for no key update;

-- name: create :maybe
-- Store a new endpoint, after `lock`. No row: the organization has $max_active active endpoints already.
insert into webhook_endpoints (organization_id, id, url, types)
select $organization_id, $id, $url, $types::text[]
where (
    select count(*)
    from webhook_endpoints
    where organization_id = $organization_id and disabled_at is null
) < $max_active
returning
    organization_id, id, url, types, generation, rotated_at, failing_since, created_at, disabled_at, disabled_reason;

-- name: page :many
-- Up to $limit endpoints of an organization: the active ones, newest first, then the disabled ones, newest first. With
-- $before only disabled ones older than that id: an active one that came after many disabled ones would be found late.
with active as (
    select *
    from webhook_endpoints
    where organization_id = $organization_id and disabled_at is null and $before::uuid is null
    order by id desc
    limit $limit
),
disabled as (
    select *
    from webhook_endpoints
    where
        organization_id = $organization_id
        and disabled_reason <> 'deleted'
        and id < coalesce($before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    order by id desc
    limit $limit
)
select organization_id, id, url, types, generation, rotated_at, failing_since, created_at, disabled_at, disabled_reason
from (
    select * from active
    union all
    select * from disabled
) as listed
order by disabled_at is not null, id desc
limit $limit;

-- name: get :maybe
-- One endpoint.
select organization_id, id, url, types, generation, rotated_at, failing_since, created_at, disabled_at, disabled_reason
from webhook_endpoints
where organization_id = $organization_id and id = $id and disabled_reason is distinct from 'deleted';

-- name: change :maybe
-- Change an endpoint's URL ($url; null: it stays) or its types, unless $same_types. Pending deliveries go to the new
-- URL when they are next due; an endpoint with another URL is not failing any more, like a new one.
update webhook_endpoints
set
    url = coalesce($url, url),
    types = case when $same_types::boolean then types else $types::text[] end,
    failing_since = case when $url is null or $url = url then failing_since end
where organization_id = $organization_id and id = $id and disabled_reason is distinct from 'deleted'
returning
    organization_id, id, url, types, generation, rotated_at, failing_since, created_at, disabled_at, disabled_reason;

-- name: disable :maybe
-- Disable an endpoint: no new deliveries are written for it. Repeated, it keeps the time and reason of the first call.
update webhook_endpoints
set
    disabled_at = coalesce(disabled_at, clock_timestamp()),
    disabled_reason = coalesce(disabled_reason, $reason)
where organization_id = $organization_id and id = $id and disabled_reason is distinct from 'deleted'
returning
    organization_id, id, url, types, generation, rotated_at, failing_since, created_at, disabled_at, disabled_reason;

-- name: enable :maybe
-- Enable an endpoint, after `lock`: deliveries are written for it again, and it is not failing any more, like a new
-- one. No row: there is no such endpoint, or it is disabled and the organization has $max_active active ones.
update webhook_endpoints
set disabled_at = null, disabled_reason = null, failing_since = null
where
    organization_id = $organization_id
    and id = $id
    and disabled_reason is distinct from 'deleted'
    and (
        disabled_at is null
        or (
            select count(*)
            from webhook_endpoints
            where organization_id = $organization_id and disabled_at is null
        ) < $max_active
    )
returning
    organization_id, id, url, types, generation, rotated_at, failing_since, created_at, disabled_at, disabled_reason;

-- name: rotate :maybe
-- Switch to the next secret of an endpoint.
update webhook_endpoints
set generation = generation + 1, rotated_at = clock_timestamp()
where organization_id = $organization_id and id = $id and disabled_reason is distinct from 'deleted'
returning
    organization_id, id, url, types, generation, rotated_at, failing_since, created_at, disabled_at, disabled_reason;

-- name: delete :maybe
-- Delete an endpoint with its URL, which may contain a secret of its receiver. No row: there is none, or it was deleted
-- before.
update webhook_endpoints
set url = '', types = null, failing_since = null, disabled_at = clock_timestamp(), disabled_reason = 'deleted'
where organization_id = $organization_id and id = $id and disabled_reason is distinct from 'deleted'
returning id;
