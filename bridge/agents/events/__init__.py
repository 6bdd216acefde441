"""The feed of an organization's events, as pages and as streams."""
