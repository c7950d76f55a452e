"""The web pages: what happens now, what happened, and what was sent. Below `/ui`, for those who have a token."""
