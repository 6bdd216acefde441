"""Block Kit's rules: tables of limits, and the sentences Slack answers when they are broken."""
