"""Bad input, by generation: what strangers could send, tried by the thousand against the real parts.

These tests mirror no module: each of them walks through a whole door. What they try is made from a seed, so a failure
comes again; the bodies are made from the published models, so a new field or kind is tried without a word here.

- `scale`: how much is tried, and the figures of what came of it.
- `grammar`, `hostile`: bodies from the models, with texts and values by people who mean harm.
- `test_cards`: every accepted question as a card in every status; `sight` says what a person may be shown.
- `test_description`: schemathesis over `/openapi.json`, against agents' door on a real database.
"""
