"""Where definitions are synced to: targets of the project file, their tokens, and the client of a dispatcher."""
