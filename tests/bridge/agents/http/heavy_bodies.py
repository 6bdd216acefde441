"""Bodies that cost the most for their bytes: every sort of value, as often as fits, in every place."""

from collections.abc import Iterator

from bridge.agents.http.body import MAX_BYTES, MAX_VALUES

_VALUES = {
    "integers": "1",
    "decimals": "1.25",
    "large exponents": "1e300",
    "largest exponents": "1e3899",
    "small exponents": "1e-3899",
    "integers of many digits": "9" * 3_900,
    "integers of too many digits": "9" * 100_000,
    "decimals of many digits": "0." + "7" * 3_800,
    "empty strings": '""',
    "escaped strings": '"\\ud83d\\ude00\\"\\\\"',
    "strings of commas": '",[{,[{"',
    "long strings": '"' + "x" * 5_000 + '"',
    "one string": '"' + "x" * (MAX_BYTES - 2_000) + '"',
    "a string of quotes": '"' + '\\"' * (MAX_BYTES // 2 - 1_000) + '"',
    "invisible characters": '"' + "\u202e" * 1_000 + '"',
    "piled marks": '"' + "x\u0315\u0300" * 10_000 + '"',
    "line breaks": '"' + "\\r\\n" * 20_000 + '"',
    "empty lists": "[]",
    "empty objects": "{}",
    "deep lists": "[" * 26 + "]" * 26,
    "deep objects": '{"a":' * 26 + "1" + "}" * 26,
    "objects": '{"id":"a","label":"b","name":"n","value":"v"}',
    "objects of unknown fields": "{" + ",".join(f'"{n}":1' for n in range(70)) + "}",
}
_WIDE_PLACES = {
    "metadata": '"metadata":{"a":[?]}',
    "arguments": '"action":{"name":"x","arguments":{"a":[?]}}',
    "an unknown field": '"zzz":[?]',
}
_PLACES = {
    "the action's name": '"action":{"name":?}',
    "the full text": '"action":{"name":"x","full":?}',
    "facts": '"facts":[?]',
    "tags": '"tags":[?]',
    "options": '"options":[?]',
    "responders": '"responders":{"users":[?]}',
    "types": '"types":[?]',
    "the title": '"title":?',
    "the body": '"body":?',
    "the url": '"url":?',
    "the summary": '"status":"picked_up","summary":?',
    "the reason": '"reason":?',
    "the deadline": '"expires_in":?',
}
_FIELDS = {"kind": '"approval"', "title": '"t"', "to": '{"user":"U0ANA"}'}


def bodies() -> Iterator[tuple[str, bytes]]:
    """Every sort of value in every place, as often as a body may have it and once more often; with its name."""
    for sort, value in _VALUES.items():
        by_bytes = max((MAX_BYTES - 1_000) // (len(value.encode()) + 1), 1)
        by_values = (MAX_VALUES - 100) // (1 + value.count(",") + value.count("[") + value.count("{"))
        for place, written in _WIDE_PLACES.items():
            for often in {min(by_bytes, by_values), by_bytes}:
                yield f"{often} {sort} in {place}", _whole(written.replace("?", ",".join([value] * often)))
        for place, written in _PLACES.items():  # lists of which no more than a hundred items are looked at
            often = min(by_bytes, by_values, 150) if "[?]" in written else 1
            yield f"{often} {sort} in {place}", _whole(written.replace("?", ",".join([value] * often)))
    yield from _of_names()


def _of_names() -> Iterator[tuple[str, bytes]]:
    for often in (MAX_VALUES - 100, MAX_BYTES // 10):
        names = ",".join(f'"{number:x}":1' for number in range(often))
        for place in ("", '"metadata":', '"zzz":', '"agent":', '"on_expiry":'):
            yield f"{often} names in {place or 'the body'}", _whole(f"{place}{{{names}}}" if place else names)
        yield f"{often} names and one twice", _whole(f'"metadata":{{{names},"0":2}}')
    yield "lists in lists", b"[" * MAX_BYTES
    yield "objects in objects", b'{"a":' * (MAX_BYTES // 5)
    yield "an open string", b'{"a":"' + b'\\"' * (MAX_BYTES // 2 - 3)
    yield "an open string at its end", b'{"a":"' + b"\\" * (MAX_BYTES - 7)
    yield "blanks", b" " * MAX_BYTES
    yield "commas", b"{" + b"," * (MAX_BYTES - 1)


def _whole(fields: str) -> bytes:
    others = (f'"{name}":{value}' for name, value in _FIELDS.items() if not fields.startswith(f'"{name}"'))
    return ("{" + ",".join([*others, fields]) + "}").encode()
