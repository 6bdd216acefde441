"""Every command refuses a database that is not UTF-8, and says what to do."""

import asyncio

import pytest

from tests.scenarios.commands import run, typed

pytestmark = pytest.mark.processes


async def test_every_command_refuses_it_in_words(other_encoding: tuple[str, str]) -> None:
    encoding, dsn = other_encoding
    settings = {"ASKBRIDGE_DATABASE_URL": dsn, "ASKBRIDGE_SLACK_SIGNING_SECRET": "0" * 32, "ASKBRIDGE_PORT": "0"}

    refused = [
        await typed("migrate", **settings),
        await typed("keys", "list", **settings),
        await run("serve", **settings),
    ]

    for status, out, err in refused:
        assert (status, out) == (1, "")
        assert f"The database's encoding is {encoding}, and must be UTF8" in err.splitlines()[-1]


async def test_doctor_names_the_command_for_another_one(other_encoding: tuple[str, str]) -> None:
    encoding, dsn = other_encoding
    async with asyncio.timeout(60):
        status, out, _ = await typed(
            "doctor", ASKBRIDGE_DATABASE_URL=dsn, ASKBRIDGE_SLACK_API_URL="http://127.0.0.1:1/"
        )

    (line,) = [line for line in out.splitlines() if " database: " in line]
    assert status == 1
    assert line.startswith(f"failed  database: its encoding is {encoding}, and must be UTF8. To fix it: create another")
    assert "createdb -E UTF8 -T template0" in line
