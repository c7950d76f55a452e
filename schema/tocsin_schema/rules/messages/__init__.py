"""Rules of the fifth hundred: what a receiver would make of the messages."""
