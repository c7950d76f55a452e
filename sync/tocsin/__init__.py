"""The command `tocsin`: alert integrations and alert definitions as code."""

__version__ = "0.1.0"
