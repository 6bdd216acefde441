"""Example requests of forms, for tests, the sandbox and the docs."""

from bridge.kinds.contract import Example

EXAMPLES = (
    Example(
        name="the shortest",
        request={
            "kind": "form",
            "title": "Which order should be refunded?",
            "schema": {"properties": {"order": {"type": "string"}}, "required": ["order"]},
        },
    ),
    Example(
        name="with inputs of many types",
        request={
            "kind": "form",
            "title": "How should the maintenance window be?",
            "body": "The database has to be **upgraded** this month.",
            "schema": {
                "type": "object",
                "properties": {
                    "day": {"type": "string", "format": "date", "title": "Day"},
                    "begins": {"type": "string", "format": "time", "title": "Begins"},
                    "hours": {"type": "number", "title": "Hours", "minimum": 0.5, "maximum": 8, "multipleOf": 0.5},
                    "region": {"enum": ["eu-central-1", "us-east-1"], "title": "Region"},
                    "notify": {
                        "type": "array",
                        "items": {"enum": ["Support", "Sales", "Customers"]},
                        "uniqueItems": True,
                        "title": "Notify",
                    },
                    "contact": {"type": "string", "format": "email", "title": "Contact"},
                    "note": {"type": ["string", "null"], "maxLength": 500, "title": "Note", "default": None},
                    "read_only": {"type": "boolean", "title": "Read-only meanwhile", "default": True},
                },
                "required": ["day", "begins", "hours", "region", "contact"],
            },
            "initial": {"hours": 2, "region": "eu-central-1"},
            "submit": "Schedule it",
            "decline": True,
        },
    ),
    Example(
        name="with awkward names",
        request={
            "kind": "form",
            "title": "What is <true> & *bold*?",
            "schema": {
                "type": "object",
                "properties": {
                    "<!channel>": {
                        "type": "string",
                        "title": "*Approved* by <@U0ANA>",
                        "description": "&amp; ``` <!here>",
                    },
                    "a/b~c": {"enum": ["<!everyone>", "&lt;", "\U0001f389" * 37]},
                    "limits": {
                        "type": "object",
                        "title": "“Limits”",
                        "properties": {"cpu": {"type": "integer", "exclusiveMinimum": 0}, "gpu": {"type": "integer"}},
                        "required": ["cpu"],
                    },
                },
            },
        },
    ),
)  # fmt: skip
