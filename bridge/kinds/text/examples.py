"""Example requests of texts, for tests, the sandbox and the docs."""

from bridge.kinds.contract import Example

EXAMPLES = (
    Example(name="the shortest", request={"kind": "text", "title": "What should the release be called?"}),
    Example(
        name="with suggestions",
        request={
            "kind": "text",
            "title": "What should the status page say?",
            "body": "Checkout has failed for **3 %** of customers since 14:05.",
            "input": {
                "label": "Message for customers",
                "placeholder": "What happened, and what to do meanwhile",
                "initial": "We are looking into problems with checkout.",
                "min_length": 10,
                "max_length": 500,
            },
            "suggestions": ["Checkout may be slow at the moment.", "Some payments fail; please try again later."],
            "decline": True,
        },
    ),
    Example(
        name="with awkward suggestions",
        request={
            "kind": "text",
            "title": "How should the <ticket> be closed & filed?",
            "input": {"multiline": False},
            "suggestions": ["<!channel>", "*Approved* by Ana", "&amp; ```", "\U0001f389" * 37, "x" * 75],
        },
    ),
)
