"""How fast the bridge is, each figure beside what the same machine needs for the least in the same minute."""
