"""Plans for whoever may only read: judged in a process of their own, which is ended where it takes too much."""
