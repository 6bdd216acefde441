"""Data access: SQL statements, row models and the connection pool. Knows nothing of Slack and HTTP."""
