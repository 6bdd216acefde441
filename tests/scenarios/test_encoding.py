"""Every command refuses a database that is not UTF-8, and says what to do."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from sandbox.postgres.cluster import Cluster
from tests.databases import Databases
from tests.scenarios.commands import run, typed

pytestmark = pytest.mark.processes


@pytest.fixture(params=["LATIN1", "SQL_ASCII"])
async def other(
    request: pytest.FixtureRequest, cluster: Cluster, databases: Databases
) -> AsyncIterator[tuple[str, str]]:
    """The encoding of a database that is not UTF-8, and its address."""
    encoding = str(request.param)
    name = await databases.make(encoding=encoding)
    yield encoding, cluster.database(name)
    await databases.drop(name)


async def test_every_command_refuses_it_in_words(other: tuple[str, str]) -> None:
    encoding, dsn = other
    settings = {"ASKBRIDGE_DATABASE_URL": dsn, "ASKBRIDGE_SLACK_SIGNING_SECRET": "0" * 32, "ASKBRIDGE_PORT": "0"}

    refused = [
        await typed("migrate", **settings),
        await typed("keys", "list", **settings),
        await run("serve", **settings),
    ]

    for status, out, err in refused:
        assert (status, out) == (1, "")
        assert f"The database's encoding is {encoding}, and must be UTF8" in err.splitlines()[-1]


async def test_doctor_names_the_command_for_another_one(other: tuple[str, str]) -> None:
    encoding, dsn = other
    async with asyncio.timeout(60):
        status, out, _ = await typed(
            "doctor", ASKBRIDGE_DATABASE_URL=dsn, ASKBRIDGE_SLACK_API_URL="http://127.0.0.1:1/"
        )

    (line,) = [line for line in out.splitlines() if " database: " in line]
    assert status == 1
    assert line.startswith(f"failed  database: its encoding is {encoding}, and must be UTF8. To fix it: make another")
    assert "createdb -E UTF8 -T template0" in line
