"""The kinds of interaction: a contract, one folder for each kind, and a registry that lists them."""
