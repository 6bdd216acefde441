"""Things: lives longer than one answer, which people move on from their cards and agents by the API."""
