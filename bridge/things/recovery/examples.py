"""Example reports of recoveries, for tests, the sandbox and the docs."""

from bridge.kinds.contract import Example

EXAMPLES = (
    Example(
        name="the shortest",
        request={
            "source": {"type": "build", "id": "4711"},
            "kind": "timeout",
            "cause": "The runner did not answer for 30 minutes.",
            "fingerprint": "runner-timeout",
            "next_action": "Restart the runner.",
        },
    ),
    Example(
        name="a stuck deployment",
        request={
            "source": {
                "type": "deployment",
                "id": "payments-4.2.0",
                "url": "https://ci.example.com/deployments/8841?tab=log",
            },
            "kind": "health_check_failed",
            "cause": "Two of twelve instances do not become healthy: their connection pool is exhausted.",
            "fingerprint": "payments:pool-exhausted",
            "next_action": "Raise the limit of connections or roll back to 4.1.9, then run the health checks again.",
            "owner": {"agent": "deployer"},
            "return_owner": {"agent": "release-agent"},
            "recovery_ref": "heal-17",
            "wake_policy": {"escalate_to": [{"user": "U0ANA"}, {"board": True}], "step_seconds": 900, "page": True},
            "monitor_policy": {"probe": "https://payments.example.com/healthz", "every_seconds": 30},
            "evidence": {
                "service": "payments",
                "version": "4.2.0",
                "instances": {"healthy": 10, "unhealthy": 2},
                "error_rate": 0.013,
                "last_errors": ["remaining connection slots are reserved", "timeout after 5000 ms"],
                "database": "orders",
                "pool": {"size": 20, "waiting": 143, "exhausted": True},
                "rollback": None,
                "host": "<https://evil.example|db-1>",
                "previous": "4.1.9",
            },
            "max_attempts": 5,
        },
    ),
    Example(
        name="awkward words",
        request={
            "source": {"type": "job", "id": "nightly <script> & @channel"},
            "kind": "✅ *Restored*",
            "cause": "The agent wrote:\n> ```rm -rf /tmp``` <!channel> &amp; *done* by <@U0EVE>",
            "fingerprint": "x",
            "next_action": "“Approve” :tada: <https://evil.example|bank.example>",
            "owner": {"user": "U0BOB"},
        },
    ),
)
