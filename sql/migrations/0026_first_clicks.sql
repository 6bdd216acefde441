-- When a signed click of each connection was first handled, so that an installation whose clicks never arrive can be told
-- from one that nobody has clicked yet.
--
-- Safe beside the previous release: it neither reads nor writes the column. A connection whose clicks only replicas of that
-- release have handled since counts as never clicked until another replica handles one.

alter table connections add column first_click_at timestamptz;

update connections
set first_click_at = known.clicked_at
from connections as each_one
cross join lateral (
    select clicked_at
    from clicks
    where clicks.organization_id = each_one.organization_id and clicks.connection_id = each_one.id
    limit 1
) as known
where connections.organization_id = each_one.organization_id and connections.id = each_one.id;
