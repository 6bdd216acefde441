"""What the trials share that are run by hand: a rig of real processes, and a ledger of what agents were told."""
