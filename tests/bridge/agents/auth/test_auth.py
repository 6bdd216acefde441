"""Authentication: a request has a valid key, or is refused."""

import logging

import pytest

from storage.pool import Database
from tests.bridge.agents.door import Door, body
from tests.storage import build

ROUTES = [
    ("POST", "/v1/interactions"),
    ("GET", "/v1/interactions/int_01h2xcejqtf2nbrexx3vqjhp41"),
    ("GET", "/v1/interactions/int_01h2xcejqtf2nbrexx3vqjhp41/timeline"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_without_a_valid_key_nothing_is_done(door: Door, method: str, path: str) -> None:
    secret = door.tenant.secret
    given = [
        "",
        "Bearer",
        "Bearer ",
        f"Basic {secret}",
        f"Token {secret}",
        secret,
        f"Bearer{secret}",
        f"Bearer {secret[:-1]}",
        f"Bearer {secret}x",
        f"Bearer {secret.upper()}",
        f"Bearer {secret} {secret}",
        f"Bearer {secret}, Bearer {secret}",
        f"Bearer {'x' * 8000}",
        "Bearer askb_é漢",
        "Bearer \udcff\udcfe",
        "Bearer ' or 1=1 --",
    ]
    for authorization in given:
        headers = {"Authorization": authorization} if authorization else {}
        reply = await door.call(method, path, key=None, json=body() if method == "POST" else None, headers=headers)

        assert (reply.status, reply.slug) == (401, "unauthorized"), authorization
        assert reply.headers["WWW-Authenticate"] == "Bearer"
        assert secret not in str(reply.json)
    assert await door.rows() == 0


async def test_a_bad_body_is_not_even_read_without_a_key(door: Door) -> None:
    assert (await door.call("POST", "/v1/interactions", key="askb_no", data=b"x" * 300_000)).status == 401


async def test_the_scheme_may_be_written_in_any_case(door: Door) -> None:
    for scheme in ("bearer", "BEARER", "Bearer "):
        headers = {"Authorization": f"{scheme} {door.tenant.secret}"}
        reply = await door.call("POST", "/v1/interactions", key=None, json=body(), headers=headers)

        assert reply.status == 201


async def test_a_revoked_key_opens_nothing_any_more(door: Door, db: Database) -> None:
    asked = await door.ask()
    neighbour = await build.tenant(db)
    await db.fetch("update keys set revoked_at = clock_timestamp() where id = $1", door.tenant.key_id)

    assert (await door.get(asked.json["id"])).status == 401
    assert (await door.ask()).status == 401
    assert (await door.ask(key=neighbour.secret)).status == 201


async def test_no_key_is_ever_logged(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await door.ask()
    await door.ask(key=door.tenant.secret + "x")

    assert door.tenant.secret not in "".join(str(vars(record)) for record in caplog.records)
