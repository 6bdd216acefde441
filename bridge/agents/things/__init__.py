"""The part of the API about things of every noun. Nothing here knows a noun: each brings its own `NounApi`."""
