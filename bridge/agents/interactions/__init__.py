"""The part of the API about interactions."""
