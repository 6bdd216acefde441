"""The alerts and dashboard in `docs/monitoring`, and the table of alerts in `docs/operations.md`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from tests.docs.tables import Section, Table

FOLDER: Final = Path(__file__).parents[2] / "docs" / "monitoring"


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One alerting rule."""

    name: str
    expr: str
    duration: str
    severity: str
    summary: str
    description: str


def alerts() -> list[Alert]:
    """The rules of alerts.yml; raises KeyError when one lacks a field, and TypeError when one has a field too many."""
    (group,) = yaml.safe_load((FOLDER / "alerts.yml").read_text("utf-8"))["groups"]
    return [_alert(**rule) for rule in group["rules"]]


def _alert(*, alert: str, expr: str, labels: dict[str, str], annotations: dict[str, str], **optional: str) -> Alert:
    return Alert(
        name=alert,
        expr=expr,
        duration=optional.pop("for", "at once"),
        severity=labels["severity"],
        summary=annotations["summary"],
        description=annotations["description"],
        **optional,
    )


def alert_table() -> Section:
    """Every alert, in the order of the file."""
    rows = [
        [f"`{alert.name}`", f"`{alert.expr}`", alert.duration, f"{alert.summary} {alert.description}"]
        for alert in alerts()
    ]
    return [Table(head=("Alert", "Condition in PromQL", "For", "What it means, and what to do"), rows=rows)]


def panels() -> list[dict[str, Any]]:
    """The panels of the dashboard, rows included."""
    dashboard = json.loads((FOLDER / "dashboard.json").read_text("utf-8"))
    return list(dashboard["panels"])


def dashboard_queries() -> Iterator[tuple[str, str]]:
    """The title of a panel with each of its queries, with Grafana's variable for the interval filled in."""
    for panel in panels():
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"].replace("$__rate_interval", "5m")
