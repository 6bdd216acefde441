"""Example requests of incidents, for tests, the sandbox and the docs."""

from bridge.kinds.contract import Example

EXAMPLES = (
    Example(
        name="the shortest",
        request={"title": "Checkout is slow", "severity": "minor", "systems": ["checkout"]},
    ),
    Example(
        name="an outage",
        request={
            "title": "Payments fail in eu-west-1",
            "description": "About a third of card payments end with a timeout since the deployment of 4.2.0.",
            "severity": "critical",
            "systems": ["payments", "checkout", "orders-db"],
            "initial_message": "Error rate 31 %, rising. The deployment was stopped.",
            "agent": {"name": "alert-hook", "run": "alert-8841", "url": "https://grafana.example.com/alerting/8841"},
            "dedupe_open_for_system": True,
        },
    ),
    Example(
        name="awkward words",
        request={
            "title": "*Resolved* <script> & <!channel>",
            "description": "The agent wrote:\n> ```rm -rf /tmp``` <!channel> &amp; *done* by <@U0EVE>",
            "severity": "major",
            "systems": ["✅ *Resolved* by <@U0ANA>", "“a”, severity: minor", "<https://evil.example|bank.example>"],
            "initial_message": "“ok”\n✅ *Resolved* :tada: <https://evil.example|bank.example>",
            "suppress_notifications": True,
        },
    ),
)
