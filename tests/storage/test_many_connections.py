"""However many connections no replica serves, and however many cards are due there, no lease of cards reads them."""

from storage import serving, statements
from storage.pool import Database
from tests.storage import build, many_connections
from tests.storage.plans import MODES, PATIENT, nodes, run
from tests.storage.test_plans import FEW, calls


async def test_what_no_replica_serves_is_in_no_looks_way(db: Database) -> None:
    """Half of 5,000 connections are unserved, with 10,000 due cards; before those are shelved, a lease reads them."""
    tenant = await build.tenant(db)
    question = await build.question(db, tenant)
    await serving.renew(db, [tenant.scope])
    await many_connections.fill(db)
    every = calls(tenant, question)

    async def touched(name: str, mode: str) -> int:
        """Return how many rows of the large tables one call reads."""
        table, values = every[name]
        async with db.acquire() as connection:
            await connection.execute(PATIENT)
            plan = await run(connection, statements.load(table)[name], values, mode)
        rows = 0
        for node in nodes(plan):
            if node.get("Relation Name") in {"cards", "connections", "serving"} and node["Node Type"] != "ModifyTable":
                assert node["Node Type"] != "Seq Scan" or node["Actual Loops"] == 0, f"{name}, {mode}"
                rows += node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
        return rows

    assert await touched("lease", "force_generic_plan") > many_connections.CONNECTIONS / 2

    assert await many_connections.shelve(db) == many_connections.UNSERVED_CARDS

    for name in ("lease", "look", "renew"):
        for mode in MODES:
            assert await touched(name, mode) <= FEW, f"{name}, {mode}"
