-- Spreads a ledger over the nodes of a Citus cluster (11.3 or later), by chain: a chain's head, entries, runs and texts lie on
-- one shard. Servers connect to the coordinator. What has one row, or a few, and orders everything stays there: the ledger's
-- size, arrivals, the sealer's lease, checkpoints and their tiles, workspaces and keys. A reference table would be
-- written on every node in two phases, arrivals with every commit, to no reader's use.

-- name: has_citus
-- Whether the extension is in this database.
SELECT to_regproc('create_distributed_table') IS NOT NULL;

-- name: distribute
-- Tables by chain, each chain's rows together; requests by their key, which is nobody's chain; and on every node what is
-- joined with entries by anything but their chain. Functions that shards call have to be there.
SELECT create_distributed_table('affidavit.chains', 'chain', colocate_with => 'none');
SELECT create_distributed_table('affidavit.entries', 'chain', colocate_with => 'affidavit.chains');
SELECT create_distributed_table('affidavit.runs', 'chain', colocate_with => 'affidavit.chains');
SELECT create_distributed_table('affidavit.texts', 'chain', colocate_with => 'affidavit.chains');
SELECT create_distributed_table('affidavit.erasing', 'chain', colocate_with => 'affidavit.chains');
SELECT create_distributed_table('affidavit.repeats', 'key', colocate_with => 'none');
SELECT create_reference_table('affidavit.holds');
SELECT create_reference_table('affidavit.marks');
SELECT create_distributed_function('affidavit.lowered(bytea)');
