"""How much one organization may ask of the bridge."""
