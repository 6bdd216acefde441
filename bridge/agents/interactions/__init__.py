"""Endpoints of the API about interactions."""
