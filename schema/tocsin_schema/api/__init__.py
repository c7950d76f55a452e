"""What goes over HTTP: the requests that a dispatcher takes and the answers that it gives, as both sides read them."""

PREFIX = "/api/v1"
"""What the path of every request begins with, but for health, counters and the web pages."""
