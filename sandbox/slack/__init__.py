"""A realistic fake Slack for development, tests and demonstrations. It is not Slack."""
