"""Rules of the seventh hundred: secrets, and where messages may go."""
