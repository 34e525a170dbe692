"""The attack suite: what somebody does to a ledger or a bundle, what Affidavit says, and what a plain chain would."""
