"""Bad input, by generation: what strangers could send, tried by the thousand against the real parts.

These tests mirror no module: each of them walks through a whole door. What they try is made from a seed, so a failure
comes again; the bodies are made from the published models, so a new field or kind is tried without a word here.

- `grammar`, `hostile`: bodies from the models, with texts and values by people who mean harm.
- `damage`: bytes that were Slack's before they were damaged.
- `scale`: how much is tried, and the figures of what came of it.
- `test_bodies`, `test_requests`: agents' door over HTTP on a real database; never a 5xx, and nothing half-stored.
- `test_description`: schemathesis over `/openapi.json`, against the same door.
- `test_cards`: every accepted body as a card in every status; `sight` says what a person may be shown.
- `test_slack`: damaged requests of Slack's, signed and not; never a 5xx, and memory stays flat.

In the suite each tries a little. `make fuzz N=20 SEED=1` tries twenty times as much from another seed, and prints what
was tried.
"""
