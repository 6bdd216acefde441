"""What must be true of the rows of work items alone, see `tests.bridge.things.agreement`."""

from types import MappingProxyType
from typing import Final

RULES: Final = MappingProxyType(
    {
        "work items that do not wait for as many as they say": """
            select work_items.id
            from work_items
            left join work_dependencies as links on
                links.organization_id = work_items.organization_id
                and links.item_id = work_items.id and not links.is_met
            group by work_items.organization_id, work_items.id
            having work_items.unmet <> count(links.item_id)
        """,
        "dependencies that are met and not done, or done and not met": """
            select links.item_id
            from work_dependencies as links
            join work_items as others on
                others.organization_id = links.organization_id and others.id = links.depends_on_id
            where links.is_met <> (others.status = 'done')
        """,
        "work items that wait for each other in a circle": """
            with recursive waits as (
                select organization_id, item_id, depends_on_id
                from work_dependencies
                where not is_met
                union
                select waits.organization_id, waits.item_id, links.depends_on_id
                from waits
                join work_dependencies as links on
                    links.organization_id = waits.organization_id and links.item_id = waits.depends_on_id
                where not links.is_met
            )
            select organization_id
            from waits
            where item_id = depends_on_id
            group by organization_id
        """,
        "leases that are not in the history": """
            select work_items.id
            from work_items
            left join history on
                history.organization_id = work_items.organization_id
                and history.thing_id = work_items.id and history.move = 'leased'
            group by work_items.organization_id, work_items.id
            having work_items.attempts <> count(history.id)
        """,
        "work items held by another than their latest lease says": """
            select work_items.id
            from work_items
            cross join lateral (
                select detail
                from history
                where
                    history.organization_id = work_items.organization_id
                    and history.thing_id = work_items.id and history.move = 'leased'
                order by number desc
                limit 1
            ) as latest
            where
                work_items.status = 'leased'
                and (
                    work_items.holder_agent is distinct from latest.detail -> 'holder' ->> 'agent'
                    or work_items.holder_user is distinct from latest.detail -> 'holder' ->> 'user')
        """,
        "leases that ended otherwise than the history says": """
            select work_items.id
            from work_items
            cross join lateral (
                select
                    case
                        when move = 'leased' then null
                        when move = 'expired' or (detail ->> 'reclaimed')::boolean then 'reclaimed'
                        else move
                    end as lease_end
                from history
                where
                    history.organization_id = work_items.organization_id
                    and history.thing_id = work_items.id and history.detail -> 'holder' <> 'null'
                order by number desc
                limit 1
            ) as latest
            where work_items.lease_end is distinct from latest.lease_end
        """,
    }
)
