"""The commands of `tocsin-dispatcher`; each imports what it needs when it runs."""
