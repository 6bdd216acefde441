-- The tenants.

-- name: create :none
-- Store a new organization.
insert into organizations (organization_id, name)
values ($organization_id, $name);

-- name: get :maybe
-- One organization.
select organization_id, name, created_at
from organizations
where organization_id = $organization_id;
