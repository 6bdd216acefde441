"""Which URLs a card may link to, where one ends in a text, and the host that a card shows beside a link."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from pydantic import HttpUrl, TypeAdapter, ValidationError

_WEB = TypeAdapter(HttpUrl)
_ADDRESS = r"(?:[^\s<>\"'`\\^|]|'(?=[^\W_]))"  # a character of an address; an apostrophe only inside a word
_BARE = re.compile(rf"https?://{_ADDRESS}+", re.IGNORECASE)
# In Markdown a backslash before a punctuation mark is not part of the address: https://a.example/x\_y.
_BARE_MARKDOWN = re.compile(
    rf"https?://(?:{_ADDRESS}|\\[!#$%&'()*+,\-./:;=?@\[\]_{{}}~](?=[A-Za-z0-9/]))+", re.IGNORECASE
)
_ESCAPE = re.compile(r"\\(.)")
_SIMPLE = re.compile(r"[^()\[\]{}]*[A-Za-z0-9/]")  # words that are an address to their end
_BRACKET = re.compile(r"[\[\]{}]")
_CLOSED_BY = {"]": "[", "}": "{"}
_TRAILING = ".,;:!?*_~'"
_ENTITY = re.compile(r"&[A-Za-z0-9]+;\Z")
_MAX_CHARACTERS = 2_000


class Found(NamedTuple):
    """Where in a source an address ends, or where the search for it ended if there is none."""

    end: int
    written: str = ""
    url: str | None = None


def address(text: str) -> str | None:
    """The URL in its normalized form (ASCII only); None for text that is not an http or https URL."""
    try:
        url = str(_WEB.validate_python(text))
    except ValidationError:
        return None
    return url if len(url) <= _MAX_CHARACTERS else None


def host(url: str) -> str:
    """The host that a URL from `address` leads to, whatever else the URL contains."""
    return _WEB.validate_python(url).host or ""


def plain(url: str) -> bool:
    """Whether a URL from `address` shows its host right after the scheme, without user or password before it."""
    return "@" not in url.partition("://")[2].partition("/")[0]


def label(written: str, url: str) -> str:
    """How a card writes a URL from `address`: as it was written, or normalized if that shows its host less plainly.

    Letters of another direction could reorder an address, and without a slash text after it could continue its host.
    """
    scheme, _, rest = url.partition("://")
    origin = f"{scheme}://{rest.partition('/')[0]}"
    ended = written[len(origin) :].startswith(("/", "?", "#"))
    whole = written.isascii() and written[: len(origin)].lower() == origin and ended
    return written if whole and plain(url) and written.isprintable() else url


def own_label(text: str) -> bool:
    """Whether the text is a URL that a card may show as it is written."""
    url = address(text)
    return url is not None and plain(url) and label(text, url) == text


def split(text: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces, each with whether it is a bare web address; its host may still be invalid."""
    done = 0
    for match in _BARE.finditer(text):
        end = match.start() + _end(match[0])
        if match.start() > done:
            yield text[done : match.start()], False
        yield text[match.start() : end], True
        done = end
    if done < len(text):
        yield text[done:], False


def in_markdown(source: str, start: int, end: int) -> Found:
    """The bare web address that begins at `start` of a Markdown source and ends before `end`, if there is one.

    No other mark of Markdown counts inside it: https://github.github.com/gfm/#autolinks-extension-.
    """
    match = _BARE_MARKDOWN.match(source, start, min(end, start + 2 * _MAX_CHARACTERS))
    if match is None:
        return Found(end=start)
    words = match[0][: _end(match[0])]
    written = _ESCAPE.sub(r"\1", words) if "\\" in words else words
    url = address(written)
    return Found(end=start + len(words), written=written, url=url) if url else Found(end=match.end())


def _end(words: str) -> int:
    """Where the address ends that begins these words: before closing brackets it did not open, and punctuation.

    As in https://github.github.com/gfm/#extended-autolink-path-validation, except that square and curly brackets end an
    address anywhere: a label of a link ends with one.
    """
    if _SIMPLE.fullmatch(words):
        return len(words)
    end = _before_unopened(words)
    opened, closed = words.count("(", 0, end), words.count(")", 0, end)
    while end:
        last = words[end - 1]
        if last == ")" and closed > opened:
            closed -= 1
            end -= 1
        elif last == ";" and (entity := _ENTITY.search(words, max(end - 40, 0), end)):
            end = entity.start()
        elif last in _TRAILING:
            end -= 1
        else:
            break
    return end


def _before_unopened(words: str) -> int:
    opened: list[str] = []
    for bracket in _BRACKET.finditer(words):
        if bracket[0] in "[{":
            opened.append(bracket[0])
        elif not opened or opened.pop() != _CLOSED_BY[bracket[0]]:
            return bracket.start()
    return len(words)
