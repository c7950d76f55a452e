"""The dispatcher: takes checks in, runs incidents, and delivers the messages of the definitions synced to it."""
