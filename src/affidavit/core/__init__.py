"""The record format and its verification: everything an independent verifier needs, and nothing else.

No module here does I/O, reads a clock, draws randomness or knows a vendor. Bytes and ints in, bytes and ints
out. Read in this order: exact, canonical, ids, entry, verify, merkle. The formats are described in docs/formats/.
"""
