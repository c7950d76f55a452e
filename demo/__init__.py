"""Tocsin at work on this machine: a real dispatcher, a real receiver, a made-up outage."""
