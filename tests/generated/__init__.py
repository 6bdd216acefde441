"""Generated bad input: thousands of hostile and damaged requests and bodies, tried against the real program.

These tests mirror no module; each exercises a whole API. The input is made from a seed, so that a failure can be
repeated. The bodies are made from the published models, so that a new field or kind is tried without a change here.

- `grammar`, `hostile`: bodies from the models, with malicious texts and values.
- `damage`: valid requests of Slack with damaged bytes.
- `scale`: how much is tried, and the counts of the outcomes.
- `test_bodies`, `test_requests`, `test_things`: the agents' API over HTTP on a real database; never a 5xx, nothing
  half-stored.
- `test_description`: schemathesis with `/openapi.json`, against the same API.
- `test_cards`: every accepted body as a card in every status; `sight` checks what a card may show to a person.
- `test_slack`: damaged requests of Slack, signed and unsigned; never a 5xx, and memory does not grow.

In the suite each test tries a little. `make fuzz N=20 SEED=1` tries twenty times as much from another seed, and prints
what was tried.
"""
