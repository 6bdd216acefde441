"""The Web API methods the sandbox knows, one family in a file, each a function of the world and its arguments."""
