"""Bad input, by generation: what strangers could send, tried by the thousand against the real parts.

These tests mirror no module: each of them walks through a whole door. What they try is made from a seed, so a failure
comes again.

- `scale`: how much is tried, and the figures of what came of it.
- `test_description`: schemathesis over `/openapi.json`, against agents' door on a real database.
"""
