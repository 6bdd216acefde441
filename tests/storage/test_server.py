"""The version, durability settings and clock of a server are read as they are."""

from datetime import UTC, datetime

from storage import server
from storage.pool import Database


async def test_a_server_tells_its_version_its_durability_and_its_time(db: Database) -> None:
    found = await server.look(db)

    assert found.version >= 150000
    assert found.release.split(".")[0] == str(found.version // 10000)
    # The server of the tests runs without durability.
    assert found.forgetful == ["fsync", "synchronous_commit", "full_page_writes"]
    assert abs((datetime.now(UTC) - found.now).total_seconds()) < 60
