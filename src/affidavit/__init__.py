"""Affidavit: a server that keeps a tamper-evident record of what AI agents did."""

__version__ = "0.1.0"
