"""Example proposals of fixes, for tests, the sandbox and the docs."""

from bridge.kinds.contract import Example

EXAMPLES = (
    Example(
        name="the shortest",
        request={"session": "alert-8841", "title": "Restart the payments workers"},
    ),
    Example(
        name="a script",
        request={
            "session": "alert-8841",
            "title": "Raise the limit of connections of orders-db",
            "description": "Two of twelve instances cannot get a connection since 4.2.0. The pool is exhausted: 143 "
            "requests wait for 20 connections, and the database has room for 300.",
            "confidence": 80,
            "key": "pool-exhausted",
            "script": "set-pool-size --service payments",
            "parameters": {"service": "payments", "size": 60, "restart": "rolling"},
            "agent": {"name": "fixer", "run": "fix-17", "url": "https://ci.example.com/fix/17"},
        },
    ),
    Example(
        name="a template",
        request={
            "session": "ticket-312",
            "title": "Clear the cache of the customer's tenant",
            "description": "The customer sees prices of yesterday; the cache was filled before the import.",
            "confidence": 55,
            "key": "stale-cache",
            "template": {"id": "clear-tenant-cache", "url": "https://runbooks.example.com/clear-tenant-cache"},
        },
    ),
    Example(
        name="awkward words",
        request={
            "session": "✅ *Worked* <script> & <!channel>",
            "title": "*Worked* “a” <!channel>",
            "description": "The agent wrote:\n> ```rm -rf /tmp``` <!channel> &amp; *done* by <@U0EVE>",
            "script": "✅ *Worked* by <@U0ANA>\n<https://evil.example|bank.example>",
            "parameters": {"host": "<https://evil.example|db-1>", "note": "“ok” :tada:"},
        },
    ),
)
