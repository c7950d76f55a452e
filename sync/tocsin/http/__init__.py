"""HTTP as the command speaks it: retries, time limits, and a receiver's answers."""
