"""The store for many servers: one PostgreSQL database (15 or later), or a distributed one that speaks its language.

schema.sql   the tables, in the schema `affidavit`. Trusted no further than `verify` proves them
writer       the commit's path; whoever else reads, seals, searches is off it
"""

from affidavit.storage.postgres.distributing import distribute, refuse_without_citus
from affidavit.storage.postgres.roles import grant_roles
from affidavit.storage.postgres.schema import create, has_ledger
from affidavit.storage.postgres.store import PostgresStore

__all__ = ["PostgresStore", "create", "distribute", "grant_roles", "has_ledger", "refuse_without_citus"]
