"""People's door: what comes from Slack and what goes there; the only importer of slack_bolt and slack_sdk."""
