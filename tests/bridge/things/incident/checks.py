"""The CHECKs of the tables of incidents in Python, for rows that no database sees; a test compares them."""

from bridge.things.incident.row import MAX_RECENT, Incident, Severity, Status


def violated(row: Incident) -> list[str]:
    """The checks that a row violates."""
    checks = {
        "severity": row.severity in set(Severity),
        "status": row.status in set(Status),
        "systems": bool(row.systems) and None not in row.systems,
        "resolved_at": (row.status == "resolved") == (row.resolved_at is not None),
        "update_count": row.update_count >= 0,
        "recent_updates": len(row.recent_updates) == min(row.update_count, MAX_RECENT),
    }
    return [name for name, holds in checks.items() if not holds]
