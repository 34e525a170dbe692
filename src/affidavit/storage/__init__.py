"""Stores: one folder a database, strangers to each other. tests/contract/ is what each of them must pass."""
