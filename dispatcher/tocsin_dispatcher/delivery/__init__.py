"""How messages get on their way: who takes which when, one turn of each, and what comes of it."""
