"""Block Kit's rules: tables of limits, and Slack's messages for violations."""
