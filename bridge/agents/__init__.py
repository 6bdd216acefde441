"""The HTTP API of agents: a bearer key, JSON in and out, and problem details for what goes wrong."""
