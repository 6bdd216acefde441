"""Forms in which people answer in words: their fields, their looks in Slack, and the check of what was given. Pure."""
