"""Who sends a request: bearer keys."""
