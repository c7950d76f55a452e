"""The dispatcher as a program: settings to a listening application, and back to an orderly stop."""
