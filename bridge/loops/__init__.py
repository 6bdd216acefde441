"""What runs by itself on every replica at once; each loop is one step called again."""
