"""A witness: it cosigns a ledger's checkpoints as long as each continues the one before (C2SP tlog-witness).

Whoever demands its cosignature knows that the ledger has shown one history to everybody who asks this witness. It sees
no entries. Read: held, evidence, witness, app; docs/witness.md.
"""
