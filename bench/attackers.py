"""Ten agents that send what costs the bridge most, as fast as it answers: a process of its own, ended by SIGTERM.

    python -m bench.attackers URL KEY...

It prints a line with its first answer, and how often each status came when it ends.
"""

import asyncio
import itertools
import json
import signal
import sys
from collections import Counter
from typing import Any, Final

import aiohttp

CONNECTIONS: Final = 4  # of each agent
_ROOM: Final = 250_000  # bytes of a list in a body of the largest size
_VALUES: Final = 7_900  # of the 8,000 that a body may have


def _filled(element: str, values: int = 1) -> str:
    """A list of as many of these elements, each of so many values, as a body may have."""
    return f"[{','.join([element] * min(_ROOM // (len(element) + 1), _VALUES // values))}]"


def _body(**parts: str) -> bytes:
    """A body with these parts, which are JSON already."""
    fields = {"kind": '"approval"', "title": '"T"', "to": '{"user":"U0ANA"}'} | parts
    written = ",".join(f'"{name}":{value}' for name, value in fields.items())
    return f"{{{written}}}".encode()


def _bodies() -> list[bytes]:
    nested = '{"a":' * 26 + "1" + "}" * 26
    unknown = {f"unknown{number}": "1" for number in range(_VALUES)}
    table = "| a | b | c |\n| - | - | - |\n" + "| `x` | [y](https://example.com) | *z* |\n" * 60
    largest: dict[str, Any] = {"body": json.dumps((table * 4)[:9_000]), "metadata": json.dumps({"a": "x" * 16_000})}
    return [
        _body(metadata=f'{{"a":{_filled(nested, values=27)}}}'),
        _body(metadata=f'{{"a":{_filled("1e300")}}}'),
        _body(action=f'{{"name":"n","arguments":{{"a":{_filled("1e300")}}}}}'),
        _body(**unknown),
        _body(kind='"choice"', options=_filled('{"id":"a","label":"b"}', values=3)),
        _body(metadata=f'{{"a":"{"x" * _ROOM}"}}'),
        _body(**largest),
    ]


async def attack(url: str, keys: list[str]) -> None:
    """Send until SIGTERM."""
    statuses: Counter[int] = Counter()
    stopping, first = asyncio.Event(), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    lists = ["/v1/interactions?limit=200&include=body", "/v1/events?after=beginning&limit=200"]
    requests = [
        *(("POST", "/v1/interactions?wait=0", body) for body in _bodies()),
        *(("GET", one, None) for one in lists),
    ]

    async def send(http: aiohttp.ClientSession, key: str, start: int) -> None:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        for method, path, body in itertools.islice(itertools.cycle(requests), start, None):
            async with http.request(method, url + path, data=body, headers=headers) as answer:
                await answer.read()
                statuses[answer.status] += 1
                first.set()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http, asyncio.TaskGroup() as group:
        senders = [group.create_task(send(http, key, start)) for key in keys for start in range(CONNECTIONS)]
        await first.wait()
        _print("begins")
        await stopping.wait()
        for sender in senders:
            sender.cancel()
    _print(json.dumps(statuses))


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(attack(sys.argv[1], sys.argv[2:]))
