import aiohttp
import pytest

from sandbox.slack.server import Sandbox


async def status(http: aiohttp.ClientSession, url: str, **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with http.get(url, headers=named) as answer:
        return answer.status


@pytest.mark.parametrize("path", ["/", "/api/auth.test", "/sandbox/people", "/static/main.js"])
async def test_a_foreign_name_for_this_machine_is_refused(
    slack: Sandbox, http: aiohttp.ClientSession, path: str
) -> None:
    assert await status(http, slack.url + path, Host="evil.example:80") == 403
    assert await status(http, slack.url + path, Host="127.0.0.1.evil.example") == 403
    assert await status(http, slack.url + path, Host="[::1") == 403


@pytest.mark.parametrize("host", ["localhost", "localhost:9", "127.0.0.1:9", "[::1]:9"])
async def test_our_own_names_are_known(slack: Sandbox, http: aiohttp.ClientSession, host: str) -> None:
    assert await status(http, f"{slack.url}/sandbox/people", Host=host) == 200


async def test_a_foreign_page_cannot_use_the_control_api(slack: Sandbox, http: aiohttp.ClientSession) -> None:
    people = f"{slack.url}/sandbox/people"

    assert await status(http, people, Origin="https://evil.example") == 403
    assert await status(http, people, Origin="http://127.0.0.1:1") == 403
    assert await status(http, people, Origin="null") == 403
    assert await status(http, people, Sec_Fetch_Site="cross-site") == 403
    assert await status(http, people, Sec_Fetch_Site="same-site") == 403
    assert await status(http, people, Origin=slack.url, Sec_Fetch_Site="same-origin") == 200
    assert await status(http, people, Sec_Fetch_Site="none") == 200


async def test_the_page_may_be_linked_to(slack: Sandbox, http: aiohttp.ClientSession) -> None:
    assert await status(http, f"{slack.url}/", Sec_Fetch_Site="cross-site") != 403
