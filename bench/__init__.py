"""Benchmarks. They print ratios to a floor measured in the same run; docs/benchmarks.md keeps results."""
