"""Scores as pure folds over evidence. Formulas, units and worked examples: docs/scores.md."""
