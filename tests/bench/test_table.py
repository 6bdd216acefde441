from bench.figures import Bar, Figure, Floor, Spread
from bench.table import table


def test_a_table_shows_each_figure_beside_its_floor_and_its_bar() -> None:
    figures = [
        Floor(name="bare", values=[1.0, 2.0, 1.0]).figure("a click", [2.0, 5.0, 3.0], unit="ms", bar=Bar(limit=2)),
        Figure(what="memory", value=Spread.of([16.0]), unit="KiB", bar=Bar(limit=40, unit="KiB")),
        Floor(name="bare", values=[4.0]).figure("the end", [6.0], unit="ms"),
    ]

    assert table(figures).splitlines() == [
        "| what    | measured | floor, same round | ratio (range) | bar      | met    |",
        "| ------- | -------- | ----------------- | ------------- | -------- | ------ |",
        "| a click | 3 ms     | bare: 1 ms        | 2.50 × (2–3)  | ≤ 2 ×    | **no** |",
        "| memory  | 16 KiB   |                   |               | ≤ 40 KiB | yes    |",
        "| the end | 6 ms     | bare: 4 ms        | 1.50 ×        |          |        |",
    ]
