"""The Web API methods that the sandbox supports: one family per file, one function of a `Call` per method."""
