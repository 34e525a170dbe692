-- Spreads a ledger over the nodes of a Citus cluster, by chain: a chain's head, entries, runs and texts lie on one shard.
-- Servers connect to the coordinator. What orders everything, or is small, stays there as it is: the ledger's size,
-- arrivals and requests, the sealer's lease, checkpoints and tiles, workspaces and keys. As a reference table each of
-- these would be written on every node in two phases, with every commit, to no reader's use.

-- name: has_citus
-- Whether the extension is in this database.
SELECT to_regproc('create_distributed_table') IS NOT NULL;

-- name: distribute
-- Tables by chain, each chain's rows together; and on every node what is joined with entries by anything but their chain,
-- and the function that shards call.
SELECT create_distributed_table('affidavit.chains', 'chain', colocate_with => 'none');
SELECT create_distributed_table('affidavit.entries', 'chain', colocate_with => 'affidavit.chains');
SELECT create_distributed_table('affidavit.runs', 'chain', colocate_with => 'affidavit.chains');
SELECT create_distributed_table('affidavit.texts', 'chain', colocate_with => 'affidavit.chains');
SELECT create_distributed_table('affidavit.erasing', 'chain', colocate_with => 'affidavit.chains');
SELECT create_reference_table('affidavit.holds');
SELECT create_reference_table('affidavit.marks');
SELECT create_distributed_function('affidavit.lowered(bytea)');
