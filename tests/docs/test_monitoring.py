"""The alerts and the dashboard ask for metrics that exist, in PromQL that Prometheus can parse."""

import re
from pathlib import Path

import promql_parser
import pytest

from tests.docs import monitoring
from tests.docs.test_operations import named, table

SERIES = re.compile(r"\b(askbridge_\w+)(?:\{([^}]*)\})?")
QUERIES = [(alert.name, alert.expr) for alert in monitoring.alerts()] + list(monitoring.dashboard_queries())
METRICS = {named(row[0])[0]: row for row in table("metric")}


@pytest.mark.parametrize(("name", "query"), QUERIES)
def test_a_query_asks_only_for_metrics_and_labels_that_exist(name: str, query: str) -> None:
    promql_parser.parse(query)

    for metric, filters in SERIES.findall(query):
        family = re.sub("_bucket$", "", metric)
        assert family in METRICS, f"{name}: {metric}"
        assert metric == family or METRICS[family][1] == "histogram"
        for label in re.findall(r"(\w+)!?=", filters):
            assert label in named(METRICS[family][2]), f"{name}: {label}"
    for group in re.findall(r"\bby \(([^)]*)\)", query):
        labels = {label for metric, _ in SERIES.findall(query) for label in _labels(metric)}
        assert set(re.split(r", *", group)) <= labels | {"instance", "le"}, f"{name}: {group}"


def _labels(metric: str) -> list[str]:
    return named(METRICS[re.sub("_bucket$", "", metric)][2])


def test_every_alert_says_what_it_means_and_how_urgent_it_is() -> None:
    for alert in monitoring.alerts():
        assert re.fullmatch("Askbridge[A-Z][A-Za-z]+", alert.name)
        assert re.fullmatch("[1-9][0-9]*[smh]|at once", alert.duration)
        assert alert.severity in {"critical", "warning", "info"}
        assert alert.summary.endswith(".") and alert.description.endswith(".")


def test_every_metric_of_the_bridge_is_on_the_dashboard_or_says_little() -> None:
    shown = {
        re.sub("_bucket$", "", metric)
        for _, query in monitoring.dashboard_queries()
        for metric, _ in SERIES.findall(query)
    }
    left_out = {
        "askbridge_build_info",
        "askbridge_loop_failures_total",  # the age of the last pass shows a loop that fails
        "askbridge_notification_queue_usage_ratio",  # of the whole database server; an alert watches it
        "askbridge_process_start_time_seconds",
        "askbridge_process_virtual_memory_bytes",
    }

    assert set(METRICS) - shown == left_out


def test_panels_do_not_overlap() -> None:
    cells: set[tuple[int, int]] = set()
    for panel in monitoring.panels():
        grid = panel["gridPos"]
        covered = {
            (x, y) for x in range(grid["x"], grid["x"] + grid["w"]) for y in range(grid["y"], grid["y"] + grid["h"])
        }
        assert grid["x"] + grid["w"] <= 24 and not covered & cells, panel["title"]
        cells |= covered


def test_the_files_are_named_where_an_operator_reads() -> None:
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")

    assert all(f"](monitoring/{file.name})" in page for file in monitoring.FOLDER.iterdir())
