"""What a sync would change: a plan as a value, what refuses it, and what it warns of."""
