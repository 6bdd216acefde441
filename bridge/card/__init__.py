"""How a question looks in Slack: pure, from the interaction to the blocks. `frame` is what kinds use."""
