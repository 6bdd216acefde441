"""Tests of the API about things."""
