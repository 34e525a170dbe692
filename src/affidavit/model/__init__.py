"""The words that dialects and the ledger share: drafts going in, queries and pages coming out. Data only."""
