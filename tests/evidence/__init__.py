"""Bundles of evidence: making them, attacking them, verifying them."""
