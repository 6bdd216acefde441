"""Authentication of requests by bearer keys."""
