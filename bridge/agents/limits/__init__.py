"""The limits of what one organization may use of the bridge."""
