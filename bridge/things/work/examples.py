"""Example work items, for tests, the sandbox and the docs."""

from bridge.kinds.contract import Example

EXAMPLES = (
    Example(name="the shortest", request={"title": "Import the customers of the old shop"}),
    Example(
        name="with everything",
        request={
            "id": "import-customers",
            "title": "Import the customers of the old shop",
            "body": "The export has 48,210 rows. Leave out those without an order since 2019.",
            "phase": "import",
            "priority": 10,
            "acceptance": {"rows": 48210, "checks": ["no customer twice", "every address has a country"]},
            "agent": {"name": "planner", "run": "plan-7", "url": "https://ci.example.com/plan/7"},
            "take_seconds": 14_400,
        },
    ),
    Example(
        name="an import of what is blocked",
        request={
            "id": "LEGACY-17",
            "title": "Move the invoices",
            "acceptance": "The totals of both shops are the same.",
            "status": "blocked",
            "reason": "The accounts of 2018 are not closed.",
        },
    ),
    Example(
        name="awkward words",
        request={
            "title": "✅ *Done* <script> & <!channel>",
            "body": "The agent wrote:\n> ```rm -rf /tmp``` <!channel> &amp; *done* by <@U0EVE>",
            "phase": "*Blocked* “a” <!channel>",
            "acceptance": {"*host*": "<https://evil.example|db-1>", "note": "“ok” :tada:"},
        },
    ),
)
