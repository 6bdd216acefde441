"""Background loops, which run on every replica at once; each loop calls one step repeatedly."""
