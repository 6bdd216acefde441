-- Where an organization wants to be called. How an endpoint fares is written with its deliveries.
--
-- One that is deleted stays as a row with nothing in it, disabled because of 'deleted', which no statement here finds: a
-- claim that saw the endpoint a moment ago may be about to write a delivery for it, and must neither wait nor fail.

-- name: lock :none
-- Let nobody else count this organization's endpoints, so that the next statement of this transaction sees what others
-- made and enabled before. Keeps no foreign key waiting.
select
from organizations
where organization_id = $organization_id
for no key update;

-- name: create :maybe
-- Store a new endpoint, under `lock`. No row: the organization has $most that are not disabled.
insert into webhook_endpoints (organization_id, id, url, types)
select $organization_id, $id, $url, $types::text[]
where (
    select count(*)
    from webhook_endpoints
    where organization_id = $organization_id and disabled_at is null
) < $most
returning
    organization_id, id, url, types, generation, rotated_at, failing_since, created_at, disabled_at, disabled_reason;

-- name: of_organization :many
-- The youngest $most endpoints of an organization, disabled or not, newest first.
select organization_id, id, url, types, generation, rotated_at, failing_since, created_at, disabled_at, disabled_reason
from webhook_endpoints
where organization_id = $organization_id and disabled_reason is distinct from 'deleted'
order by id desc
limit $most;

-- name: get :maybe
-- One endpoint.
select organization_id, id, url, types, generation, rotated_at, failing_since, created_at, disabled_at, disabled_reason
from webhook_endpoints
where organization_id = $organization_id and id = $id and disabled_reason is distinct from 'deleted';

-- name: change :maybe
-- Have an endpoint called at another address ($url; null: it stays) or about other types, unless $same_types. What waits
-- goes there when it is next due; another address gets as much patience as a new endpoint.
update webhook_endpoints
set
    url = coalesce($url, url),
    types = case when $same_types::boolean then types else $types::text[] end,
    failing_since = case when $url is null or $url = url then failing_since end
where organization_id = $organization_id and id = $id and disabled_reason is distinct from 'deleted'
returning
    organization_id, id, url, types, generation, rotated_at, failing_since, created_at, disabled_at, disabled_reason;

-- name: disable :maybe
-- Write no new delivery for an endpoint. Done again, it keeps its first time and reason.
update webhook_endpoints
set
    disabled_at = coalesce(disabled_at, clock_timestamp()),
    disabled_reason = coalesce(disabled_reason, $reason)
where organization_id = $organization_id and id = $id and disabled_reason is distinct from 'deleted'
returning
    organization_id, id, url, types, generation, rotated_at, failing_since, created_at, disabled_at, disabled_reason;

-- name: enable :maybe
-- Write deliveries for an endpoint again, under `lock`, and give it as much patience as a new one. No row: there is no
-- such endpoint, or it is disabled and the organization has $most that are not.
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
        ) < $most
    )
returning
    organization_id, id, url, types, generation, rotated_at, failing_since, created_at, disabled_at, disabled_reason;

-- name: rotate :maybe
-- Begin with the next secret of an endpoint.
update webhook_endpoints
set generation = generation + 1, rotated_at = clock_timestamp()
where organization_id = $organization_id and id = $id and disabled_reason is distinct from 'deleted'
returning
    organization_id, id, url, types, generation, rotated_at, failing_since, created_at, disabled_at, disabled_reason;

-- name: delete :maybe
-- Let an endpoint be gone, with its address, which may carry a secret of its receiver's. No row: there is none, or it was
-- gone before.
update webhook_endpoints
set url = '', types = null, failing_since = null, disabled_at = clock_timestamp(), disabled_reason = 'deleted'
where organization_id = $organization_id and id = $id and disabled_reason is distinct from 'deleted'
returning id;
