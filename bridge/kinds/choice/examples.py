"""Example requests of choices, for tests, the sandbox and the docs."""

from bridge.kinds.contract import Example

_AWKWARD = [
    "<!channel>",
    "<@U0ANA> & <https://evil.example|bank>",
    "*Approved* by Ana",
    "&amp;",
    "```",
    ":tada: \U0001f389",
    "x" * 75,
    "\U0001f389" * 37,
    "\u202eright to left",
    "\u05e9\u05dc\u05d5\u05dd",
]

EXAMPLES = (
    Example(
        name="two buttons",
        request={
            "kind": "choice",
            "title": "Which database should take the traffic?",
            "options": [{"id": "primary", "label": "Stay on db-1"}, {"id": "replica", "label": "Fail over to db-2"}],
        },
    ),
    Example(
        name="five buttons, two of them asking to confirm",
        request={
            "kind": "choice",
            "title": "Checkout fails for 3 % of customers. What now?",
            "body": "It began **4 minutes** after the deployment of `checkout 7.1`.",
            "facts": [{"name": "Open incidents", "value": "INC-204"}],
            "options": [
                {"id": "rollback", "label": "Roll back to 7.0", "style": "primary"},
                {"id": "flag", "label": "Switch the new flow off", "confirm": "Carts of the new flow are emptied."},
                {"id": "wait", "label": "Wait for ten more minutes and look again"},
                {"id": "page", "label": "Page the team on call"},
                {"id": "close-shop", "label": "Close the shop", "style": "danger"},
            ],
        },
    ),
    Example(
        name="a select of thirty with awkward labels",
        request={
            "kind": "choice",
            "title": "Which queue should be drained?",
            "options": [
                *({"id": f"awkward:{n}", "label": label} for n, label in enumerate(_AWKWARD)),
                *({"id": f"eu/queue-{n}", "label": f"Queue {n}"} for n in range(18)),
                {"id": "payments", "label": "Payments", "confirm": "Payments are retried at once."},
                {"id": "all", "label": "All of them", "style": "danger"},
            ],
        },
    ),
    Example(
        name="an option with a comment",
        request={
            "kind": "choice",
            "title": "The backup of 02:00 is 40 % smaller. What now?",
            "options": [
                {"id": "keep", "label": "Keep it"},
                {"id": "again", "label": "Back up again", "comment": "optional"},
                {"id": "other", "label": "Something else", "comment": {"label": "What?", "required": True}},
            ],
        },
    ),
    Example(
        name="several of four",
        request={
            "kind": "choice",
            "title": "Which services should be restarted tonight?",
            "options": [
                {"id": "api", "label": "API"},
                {"id": "worker", "label": "Worker <all> & *some*"},
                {"id": "cron", "label": "Scheduled jobs"},
                {"id": "search", "label": "Search"},
            ],
            "multiple": {"min": 1, "max": 3},
        },
    ),
    Example(
        name="any of forty",
        request={
            "kind": "choice",
            "title": "Which shards need a new index?",
            "options": [{"id": f"shard-{n}", "label": f"Shard {n}"} for n in range(40)],
            "multiple": {"min": 0},
        },
    ),
)
