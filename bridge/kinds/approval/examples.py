"""Example requests of approvals, for tests, the sandbox and the docs."""

from bridge.kinds.contract import Example

EXAMPLES = (
    Example(name="the shortest", request={"kind": "approval", "title": "Restart the staging queue?"}),
    Example(
        name="a deployment",
        request={
            "kind": "approval",
            "title": "Deploy payments 4.2.0 to production?",
            "body": "All **214** checks passed.\n\n- 3 migrations, none of them locks\n- rollback takes *2 minutes*\n\n"
            "See the [release notes](https://example.com/payments/4.2.0).",
            "action": {
                "name": "deploy",
                "arguments": {"service": "payments", "version": "4.2.0", "environment": "production", "canary": 0.1},
            },
            "facts": [
                {"name": "Last deployment", "value": "4.1.9, two days ago"},
                {"name": "Open incidents", "value": "none"},
            ],
            "agent": {"name": "Release agent", "run": "run-8841", "url": "https://ci.example.com/runs/8841?tab=log"},
            "on_behalf_of": {"user": "U0BOB"},
        },
    ),
    Example(
        name="a command with awkward text",
        request={
            "kind": "approval",
            "title": "Run a clean-up <script> & notify @channel?",
            "body": "The agent wrote:\n\n> ```rm -rf /tmp/cache``` <!channel> &amp; *done*\n\n1. look\n2. run",
            "action": {"name": "shell", "arguments": {"command": "rm -rf '/tmp/a b' && echo \"```\"", "timeout": None}},
            "facts": [{"name": "Host", "value": "<https://evil.example|db-1>"}],
        },
    ),
    Example(
        name="a script to read",
        request={
            "kind": "approval",
            "title": "Run this script on the database of orders?",
            "action": {
                "name": "psql",
                "arguments": {"database": "orders", "file": "migrations/0042.sql"},
                "full": "-- Orders get a currency; all of them so far were in euros.\nbegin;\n"
                "alter table orders add column currency text;\nupdate orders set currency = 'EUR';\n"
                "alter table orders alter column currency set not null;\n"
                "create index concurrently orders_currency\n    on orders (currency, created_at);\n"
                "-- Back-ups of the old table are not needed any more.\ndrop table orders_2024;\ncommit;\n",
            },
        },
    ),
    Example(
        name="arguments to change",
        request={
            "kind": "approval",
            "title": "Refund order 4712 in full?",
            "action": {
                "name": "refund",
                "arguments": {
                    "order": 4712,
                    "amount": "89.00",
                    "notify": True,
                    "to": {"iban": "DE02", "note": "<a> & *b*"},
                },
            },
            "edit": True,
            "comment": {"approve": "optional"},
        },
    ),
    Example(
        name="arguments of which some can be changed",
        request={
            "kind": "approval",
            "title": "Scale the workers?",
            "action": {"name": "scale", "arguments": {"service": "workers", "replicas": 12, "region": "eu"}},
            "edit": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "replicas": {"type": "integer", "minimum": 1, "maximum": 20, "title": "Replicas"},
                        "region": {"enum": ["eu", "us"], "title": "Region"},
                    },
                    "required": ["replicas", "region"],
                }
            },
        },
    ),
    Example(
        name="a decision with words",
        request={
            "kind": "approval",
            "title": "Refund order 4711 in full?",
            "action": {"name": "refund", "arguments": {"order": 4711, "amount": "89.00", "currency": "EUR"}},
            "comment": {
                "approve": "optional",
                "deny": {"label": "Why not?", "required": True, "max_length": 500, "placeholder": "One sentence"},
            },
            "respond": True,
        },
    ),
)
