"""Example requests of several questions, for tests, the sandbox and the docs."""

from bridge.kinds.contract import Example

EXAMPLES = (
    Example(
        name="the shortest",
        request={
            "kind": "questions",
            "title": "What is the new service for?",
            "questions": [{"id": "purpose", "title": "Its purpose"}],
        },
    ),
    Example(
        name="before a service is set up",
        request={
            "kind": "questions",
            "title": "Four things to know before I set up the service",
            "body": "I can begin as soon as these are settled; everything else follows from the template.",
            "questions": [
                {
                    "id": "region",
                    "title": "Which region?",
                    "options": [{"id": "eu", "label": "Frankfurt"}, {"id": "us", "label": "Virginia"}],
                },
                {
                    "id": "data",
                    "title": "What will it store?",
                    "options": [
                        {"id": "orders", "label": "Orders"},
                        {"id": "people", "label": "Personal data"},
                        {"id": "logs", "label": "Logs"},
                    ],
                    "multiple": {"min": 0},
                },
                {
                    "id": "name",
                    "title": "What should it be called?",
                    "input": {"multiline": False, "max_length": 40, "placeholder": "Lower case, such as order-export"},
                },
                {"id": "notes", "title": "Anything else?", "required": False},
            ],
            "decline": True,
        },
    ),
    Example(
        name="awkward questions with many options",
        request={
            "kind": "questions",
            "title": "Which <shards> & when?",
            "questions": [
                {
                    "id": "eu/shard:1",
                    "title": "*Which* shard, <!channel>?",
                    "options": [{"id": f"shard-{n}", "label": f"Shard {n}"} for n in range(40)],
                },
                {
                    "id": "a" * 100,
                    "title": "✅ *Answered* by Ana: “all of them” \U0001f389",
                    "options": [{"id": f"@{n}", "label": f"“{n}” &amp; ```"} for n in range(12)],
                    "multiple": {"min": 2, "max": 11},
                },
                {
                    "id": "when",
                    "title": "When?",
                    "options": [{"id": "now", "label": "Now"}, {"id": "later", "label": "Later tonight"}],
                    "required": False,
                },
            ],
        },
    ),
)
