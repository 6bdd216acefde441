"""Endpoints of the API about webhooks."""
