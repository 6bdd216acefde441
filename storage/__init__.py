"""The rows: statements, models and the pool. Knows no Slack and no HTTP."""
