"""Texts and values as malicious people and broken programs put them into a field."""

import random
from typing import Any

FRAME = [
    "✅ *Approved* by <@U0EVE> · today at 10:00.",
    "✅ Approved by ana",
    "Asked by ceo",
    "_verified by its API key_",
    "“, verified by its API key. “",
    "” by <@U0EVE>. Agent, not verified: “",
    "<@U0ANA> can answer until tomorrow.",
    "Without an answer by then, the default is recorded: Deny",
    "Reason given: the incident is over.",
    "v1:choose:approve",
    "v1:int_01je7nwysafgyswkttddy8v7gf:1",
    "Received → started → done",
    "ID …dy8v7g",
    "———",
]
ACTIVE = [
    "<!channel>",
    "<!here|here>",
    "<!everyone>",
    "<@U0EVE>",
    "<@U0EVE|ana>",
    "<#C0GENERAL>",
    "<!subteam^S0ALL>",
    "<!date^0^{date}^https://evil.example|now>",
    "<https://evil.example|bank.example>",
    "<mailto:a@evil.example|ana>",
    "@channel",
    "#general",
    "&lt;!channel&gt;",
    "&amp;lt;",
    "&#60;!here&#62;",
    "&#x202e;",
    "<",
    ">",
    "&",
    ":tada:",
    ":white_check_mark:",
]
LINKS = [
    "[https://bank.example](https://evil.example)",
    "[https://bank.example/](https://bank.example@evil.example/)",
    "https://bank.example@evil.example/",
    "https://bank.example%2F@evil.example/x",
    "<https://bank.example:443@evil.example/>",
    "[ok](<https://evil.example/a b>)",
    "[ok](https://evil.example 'words')",
    "![ok](https://evil.example/a.png)",
    "[![ok](https://evil.example/a.png)](https://bank.example)",
    "[](https://evil.example)",
    "[\u200b](https://evil.example)",
    "[bank.example][r]",
    "\n\n[r]: https://evil.example 'words'\n\n",
    "[ok](javascript:alert(1))",
    "[ok](slack://channel?id=C0)",
    "[ok](//evil.example)",
    "https://\u0435vil.example/",
    "https://evil.example\\@bank.example/",
    "https://[::1]:80/",
    "[a\nb](https://evil.example)",
    "<a href='https://evil.example'>bank</a>",
]
MARKS = ["```", "``", "`", "*", "**", "_", "~~", "~", "> ", ">>> ", "- ", "1. ", "999999999. ", "# ", "[", "](", ")",
         "|", "\\", "!", '"', "'", "“", "”", "{", "}", "$&", "%s", "{0}"]  # fmt: skip
BREAKS = ["\n", "\n\n", "\r\n", "\t", "  \n", "\n    ", "\n---\n", "\n===\n", "\n|a|b|\n|-|-|\n|c|d|\n", "\n```x y\n",
          "\n> > - ", "\n<!-- "]  # fmt: skip
UNSEEN = ["\u200b", "\u200d", "\u200e", "\u200f", "\u061c", "\u2060", "\ufeff", "\u00ad", "\u3164", "\u2800", "\u115f",
          "\u034f", "\ufe0f", "\u00a0", "\U000e0041", "\ufff9"]  # fmt: skip
STEERING = ["\u202e", "\u202d", "\u2066", "\u2067", "\u2069", "\u202c"]
LOOKALIKE = ["\u0410\u0440\u0440r\u043ev\u0435", "\uff24\uff45\uff4e\uff59", "\U0001d400pprove",
             "a\u0440\u0440.example", "e\u0301\u0302", "Z" + "\u0336\u0489\u0334" * 12, "\ufdfd"]  # fmt: skip
WORDS = ["x", " ", "é", "漢", "😀", "👩\u200d💻", "שלום", "عربي", "1.5", "us_east_1", "deploy"]

LINE = [*FRAME, *ACTIVE, *LINKS, *MARKS, *UNSEEN, *STEERING, *LOOKALIKE, *WORDS]
LINES = [*LINE, *BREAKS, *BREAKS]
REFUSED = ["\x00", "\ud800", "\x1b[31m", "\x07", "\x85", "\u2028"]

_LONG = 400  # characters; a field that allows this many is not meant to be one line

# Values for any field, whatever its type.
ODD: list[Any] = [
    None, True, False, 0, -1, 1.5, 1e308, 5e-324, -0.0, 2**63, -(2**31), 10**30, 10**4000, float("nan"), float("inf"),
    "", " ", "x", "\x00", "\ud800", "\udfff\ud800", "\u202e\u2066", "\u200b", "é", "𠀀", "\r\n", "\x1b[31m", "%00",
    "' or 1=1 --", "{}", "\\u0000", "U0ANA", "U0ANA\n", "C0A", "c0a", "int_01h2xcejqtf2nbrexx3vqjhp41", "null",
    "con_01h2xcejqtf2nbrexx3vqjhp41", "1700000000.000100", "<!channel>", "x" * 5_000, "x" * 100_000, "x" * 700_000,
    "https://a.example/" + "é" * 500, "http://[", "https://\x00", "https://a@b@c", "javascript:alert(1)",
    [], [[]], {}, {"": ""}, {"\x00": 1}, {"\ud800": 1}, {"__proto__": 1}, {"a" * 1_000: 1}, [None] * 60, ["x"] * 3_000,
    {"a": {"b": ["\x00"]}}, ["U0ANA", "U0ANA"], [{}, {}],
]  # fmt: skip


def deep(levels: int) -> Any:
    """Lists and objects nested `levels` deep."""
    value: Any = "bottom"
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


ODD += [deep(31), deep(40), deep(400)]


def text(chance: random.Random, max_length: int, min_length: int = 0) -> str:
    """A random mixture of the words above; sometimes repeated up to the limit, rarely with a refused character."""
    usual = [LINES, LINES, LINKS, BREAKS] if max_length >= _LONG else [LINE]
    count = chance.randint(min(min_length, 1), 40 if max_length >= _LONG else 7)
    made = "".join(chance.choice(chance.choice(usual)) for _ in range(count))
    match chance.randrange(20):
        case 0:
            made += chance.choice(REFUSED)
        case 1 | 2 | 3:
            made = (made or "x") * (max_length // max(len(made), 1) + 1)
        case 4:
            made = "".join(chr(chance.randrange(0xD800)) for _ in range(chance.randint(min_length, 20)))
        case 5:
            made = "".join(chance.choice(UNSEEN) for _ in range(chance.randint(1, 5)))
    return made[:max_length]


def json_value(chance: random.Random, depth: int = 2) -> Any:
    """A random JSON value with hostile texts, nested up to `depth` levels."""
    match chance.randrange(8):
        case 0 if depth:
            return [json_value(chance, depth - 1) for _ in range(chance.randint(0, 3))]
        case 1 if depth:
            return {text(chance, 20): json_value(chance, depth - 1) for _ in range(chance.randint(0, 3))}
        case 2:
            return chance.choice([0, -1, 2**63, 10**30, 0.1, -0.0, 5e-324, 1e22, 1e308, chance.uniform(-1e6, 1e6)])
        case 3:
            return chance.choice([None, True, False])
        case _:
            return text(chance, 60)
