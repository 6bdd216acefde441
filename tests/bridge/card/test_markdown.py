from typing import Any

import pytest

from bridge.card import markdown, prose, texts
from sandbox.slack.validator import message
from storage.model import Json
from tests.generated.work import MAX_CALLS, calls

EVERYTHING = 100_000


def rich(source: str, most: int = EVERYTHING) -> list[Json]:
    return prose.rich(markdown.parse(source), most).elements


def text(words: str, **style: Any) -> Json:
    return {"type": "text", "text": words} | ({"style": style} if style else {})


def link(url: str, words: str, **style: Any) -> Json:
    return {"type": "link", "url": url, "text": words} | ({"style": style} if style else {})


def section(*elements: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(elements)}


def quote(words: str) -> Json:
    return {"type": "rich_text_quote", "elements": [text(words)]}


def code(words: str) -> Json:
    return {"type": "rich_text_preformatted", "elements": [text(words)]}


def bullets(*rows: str, **place: int) -> Json:
    return {"type": "rich_text_list", "elements": [section(text(row)) for row in rows], "style": "bullet"} | place


def numbers(*rows: str, **place: int) -> Json:
    return {"type": "rich_text_list", "elements": [section(text(row)) for row in rows], "style": "ordered"} | place


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("plain", [section(text("plain"))]),
        ("**bold** *it*", [section(text("bold", bold=True), text(" "), text("it", italic=True))]),
        ("~~no~~ yes", [section(text("no", strike=True), text(" yes"))]),
        ("***both***", [section(text("both", bold=True, italic=True))]),
        ("run `a < b`", [section(text("run "), text("a < b", code=True))]),
        ("# Big *news*", [section(text("Big ", bold=True), text("news", bold=True, italic=True))]),
        ("one\ntwo  \nthree", [section(text("one\ntwo\nthree"))]),
        ("one\n\ntwo", [section(text("one\n\ntwo"))]),
        ("> a\n> b\n>\n> c", [quote("a\nb\nc")]),
        ("```sql\nselect 1;\n\nselect 2;\n```", [code("select 1;\n\nselect 2;")]),
        ("    indented", [code("indented")]),
        ("- a\n- b", [bullets("a", "b")]),
        ("3. a\n4. b", [numbers("a", "b", offset=2)]),
        ("- a\n  - b\n- c", [bullets("a"), bullets("b", indent=1), bullets("c")]),
        ("1. a\n   - b\n2. c", [numbers("a"), bullets("b", indent=1), numbers("c", offset=1)]),
        ("1. a\n\n1) b", [numbers("a"), numbers("b")]),
        ("0. a\n1. *b*\n2. c", [section(text("0. a\n1. "), text("b", italic=True), text("\n2. c"))]),
        ("00) a\n\n    b\n1) c", [section(text("0. a\nb\n1. c"))]),
        ("0. a\n   - b\n1. c", [section(text("0. a")), bullets("b", indent=1), section(text("1. c"))]),
        ("1. a\n\n   0. b\n   1. c", [numbers("a"), section(text("  0. b\n  1. c"))]),
        ("> 0. a\n> 1. b", [quote("0. a\n1. b")]),
        ("0. a\n\n- b\n\n1. c", [section(text("0. a")), bullets("b"), numbers("c")]),
        ("- a\n\n  more", [bullets("a\nmore")]),
        ("-\n- b", [bullets(" ", "b")]),
        ("> - a\n> - b", [quote("• a\n• b")]),
        ("a\n\n---\n\nb", [section(text("a\n\n———\n\nb"))]),
        ("| a | b |\n|---|---|\n| 1 | 2 |", [code("| a | b |\n|---|---|\n| 1 | 2 |")]),
        ("", []),
    ],
)  # fmt: skip
def test_markdown_keeps_its_looks(source: str, expected: list[Json]) -> None:
    assert rich(source) == expected
    assert message.problems([{"type": "rich_text", "elements": expected}] if expected else []) == []


TABLES = [
    ("|a|b|\n|-|-|\n|long|*c*|", "| a    | b |\n|------|---|\n| long | c |", "| a | b |\n|---|---|\n| long | c |"),
    ("a|b|c\n:-|:-:|-:\nlong|1", "| a    | b | c |\n|------|---|---|\n| long | 1 |   |", None),
    ("a|bcde|cde\n:-|:-:|-:\n1|x|1", "| a | bcde | cde |\n|---|------|-----|\n| 1 |  x   |   1 |", None),
    ("|`a|b`|\n|-|", "`a|b`\n-", None),
    ("|`a\\|b`|\n|-|", "| a|b |\n|-----|", "| a|b |\n|---|"),
    ("|[l](https://a.b/_x_)|\n|-|\n|<https://a.b/>|",
     "| l (https://a.b/_x_) |\n|---------------------|\n| https://a.b/        |", None),
    ("|[l](https://b@a.b 't')|\n|-|", "| l (https://b@a.b/ (a.b)) “t” |\n|------------------------------|", None),
    ("|![l](https://a.b/c)|\n|-|", "| image: l (https://a.b/c) |\n|--------------------------|", None),
    ("|日本e\u0301|\n|-|\n|abcde|", "| 日本e\u0301 |\n|-------|\n| abcde |", None),
    ("|~~no~~ &#10; yes|\n|-|", "| ~~no~~   yes |\n|--------------|", None),
    ("|a|\n|-|\n|1|2|", "|a|\n|-|\n|1|2|", "|a|\n|-|\n|1|2|"),
    ("|" + "x" * 41 + "|b|\n|-|-|\n|y|c|",
     "| " + "x" * 41 + " | b |\n|-" + "-" * 40 + "-|---|\n| y" + " " * 39 + " | c |", None),
]  # fmt: skip


@pytest.mark.parametrize(("source", "shown", "brief"), TABLES)
def test_a_table_is_shown_with_aligned_columns(source: str, shown: str, brief: str | None) -> None:
    """A table with a row of more cells than its head is shown as it was written: Markdown leaves those cells out."""
    if shown.startswith("|"):
        assert rich(source) == [code(shown)]
        assert rich(f"> {source}".replace("\n", "\n> "))[0]["elements"][0]["text"].replace("> ", "") == shown
    else:
        assert rich(source) != [code(shown)]
    if brief:
        assert prose.plain(markdown.parse(source)) == brief


def test_no_alignment_takes_the_place_of_words() -> None:
    table = "|a|" + "b" * 50 + "|\n|-|-|\n" + "|c|d|\n" * 100
    aligned, source = texts.weight(rich(table)), texts.weight(rich("x" * len(table)))
    assert aligned < 9 * source

    shown = prose.rich(markdown.parse(table), aligned - 1)
    assert shown.hidden == 0
    assert shown.elements == [code(prose.plain(markdown.parse(table)))]


SOMEWHERE_ELSE = text(" (evil.example)")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("[label](https://evil.example/x)", [link("https://evil.example/x", "label"), SOMEWHERE_ELSE]),
        ("[https://bank](https://evil.example)", [link("https://evil.example/", "https://bank"), SOMEWHERE_ELSE]),
        ("[**b** x](https://a.b)", [link("https://a.b/", "b", bold=True), link("https://a.b/", " x"), text(" (a.b)")]),
        ("<https://a.b/c>", [link("https://a.b/c", "https://a.b/c")]),
        ("at https://a.b/c, now", [text("at "), link("https://a.b/c", "https://a.b/c"), text(", now")]),
        ("[](https://a.b/c)", [link("https://a.b/c", "https://a.b/c")]),
        ("![cat](https://a.b/c.png)", [link("https://a.b/c.png", "image: cat"), text(" (a.b)")]),
        ("[![cat](https://a.b/c.png)](https://d.e)", [link("https://d.e/", "image: cat"), text(" (d.e)")]),
        ("[l](/relative)", [text("l (/relative)")]),
        ("[mail](mailto:a@b.c) <a@b.c>", [text("mail (mailto:a@b.c) a@b.c")]),
        ("[j](javascript:alert)", [text("[j](javascript:alert)")]),
        ("[r][1]\n\n[1]: https://a.b/c", [link("https://a.b/c", "r"), text(" (a.b)")]),
        ("https://a.b/_x_/*y*/~~z~~/", [link("https://a.b/_x_/*y*/~~z~~/", "https://a.b/_x_/*y*/~~z~~/")]),
        ("**https://a.b/x_y**, z", [link("https://a.b/x_y", "https://a.b/x_y", bold=True), text(", z")]),
        ("https://a.b/?a=1&amp;b=2", [link("https://a.b/?a=1&amp;b=2", "https://a.b/?a=1&amp;b=2")]),
        ("[x](https://a.b/?a=1&amp;b=2_c_)", [link("https://a.b/?a=1&b=2_c_", "x"), text(" (a.b)")]),
        ("<https://a.b/%C3%A9?q=%5B[x]_y_>", [link("https://a.b/%C3%A9?q=%5B[x]_y_", "https://a.b/%C3%A9?q=%5B[x]_y_")]),
        ("[https://a.b/_x_](https://a.b/_x_)", [link("https://a.b/_x_", "https://a.b/_x_")]),
        ("[at https://a.b/_x_](https://c.d)", [link("https://c.d/", "at https://a.b/_x_"), text(" (c.d)")]),
        ("![c](https://a.b/_x_(y))", [link("https://a.b/_x_(y)", "image: c"), text(" (a.b)")]),
        ("[r]\n\n[r]: https://a.b/_%7e_[x]", [link("https://a.b/_%7e_[x]", "r"), text(" (a.b)")]),
        ("[l](/é?x=[1]&amp;y)", [text("l (/é?x=[1]&y)")]),
        ("`https://a.b/_x_`", [text("https://a.b/_x_", code=True)]),
        ("https://a.b/x\\_y", [link("https://a.b/x_y", "https://a.b/x_y")]),
        ("\\https://a.b/_x_", [text("\\https://a.b/"), text("x", italic=True)]),
        ("<https://evil.example>.bank", [link("https://evil.example/", "https://evil.example/"), text(".bank")]),
        ("https://b@evil.example", [link("https://b@evil.example/", "https://b@evil.example/"), SOMEWHERE_ELSE]),
        ("<https://b@evil.example>", [link("https://b@evil.example/", "https://b@evil.example/"), SOMEWHERE_ELSE]),
    ],
)  # fmt: skip
def test_a_link_shows_where_it_leads(source: str, expected: list[Json]) -> None:
    assert rich(source) == [section(*expected)]


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("<b>html</b> <!-- hidden -->", "<b>html</b> <!-- hidden -->"),
        ("<script>\nx\n</script>", "<script>\nx\n</script>"),
        ("<!channel> <@U0ANA> <#C0GENERAL> @here", "<!channel> <@U0ANA> <#C0GENERAL> @here"),
        ("&lt;!here&gt; &amp;amp;", "<!here> &amp;"),
        ("a &#x202e; \u2066b", "a \ufffd \ufffdb"),
        (":tada:", ":tada:"),
    ],
)
def test_everything_else_is_text(source: str, shown: str) -> None:
    assert rich(source) == [section(text(shown))]


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ('[l](https://a.b "deletes all")', "l (a.b) “deletes all”"),
        ('![l](https://a.b "deletes all")', "image: l (a.b) “deletes all”"),
        ('[l](/x "deletes all")', "l (/x) “deletes all”"),
        ("[l][x]\n\n[x]: https://a.b 'deletes all'", "l (a.b) “deletes all”"),
        ("a\n\n[x]: /y 'deletes all'", "a\n\n[X]: /y deletes all"),
        ("[x]\n\n[x]: https://a.b\n[x]: /y 'deletes all'", "x (a.b)\n\n[X]: /y deletes all"),
        ("```sh deletes all\na\n```", "sh deletes all\na"),
        ("```deletes\n```", "deletes"),
        ("> ```sh deletes all\n> a\n> ```", "> sh deletes all\n> a"),
    ],
)
def test_nothing_that_was_sent_is_hidden(source: str, shown: str) -> None:
    """Where Markdown has places that browsers do not show, the person who agrees sees them."""
    assert prose.plain(markdown.parse(source)) == shown


PATHOLOGICAL = {
    "stars": "*" * 10_000,
    "emphasis": "*a **b " * 1_400,
    "crossed": "_a*b" * 2_500,
    "tildes": "~~a~" * 2_500,
    "brackets": "[" * 10_000,
    "brackets below the limit": "[a](" * 590,
    "images": "![[]()" * 1_600,
    "quotes": ">" * 10_000,
    "lists": "- " * 5_000,
    "deep lists": "\n".join(" " * n + "- a" for n in range(130)),
    "back-ticks": "".join("`" * n + " " for n in range(140)),
    "tables": "|a" * 3_000 + "\n" + "|-" * 2_000,
    "html": "<!--" * 2_500,
    "references": "".join(f"[{n}]: /x\n" for n in range(1_000)),
    "entities": "&#8238;" * 1_400,
    "addresses": "https://a" * 1_000,
    "backslashes": "\\" * 10_000,
    "newlines": "\n" * 10_000,
}


@pytest.mark.parametrize("name", PATHOLOGICAL)
def test_no_text_takes_long_or_grows(name: str) -> None:
    assert calls(lambda: rich(PATHOLOGICAL[name], 9_000)) < MAX_CALLS
    shown = rich(PATHOLOGICAL[name], 9_000)

    assert texts.weight(shown) <= 9_000
    assert message.problems([{"type": "rich_text", "elements": shown}] if shown else []) == []


def test_text_that_is_more_marks_than_words_is_shown_as_it_was_written() -> None:
    marks = "[a](https://b.example) " * 391

    assert prose.plain(markdown.parse(marks)) == marks
    assert "[" not in prose.plain(markdown.parse("[a](https://b.example) " * 200))


def test_nothing_is_lost_in_the_depths() -> None:
    deep = "".join("> " * n + f"level{n}\n\n" for n in range(1, 90))
    shown = prose.plain(markdown.parse(deep))

    assert all(f"level{n}" in shown for n in range(1, 90))
    assert "bottom" in prose.plain(markdown.parse(">" * 3_000 + "bottom"))
