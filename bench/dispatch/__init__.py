"""Dispatch benchmark: synthetic days, an independent scorer, baselines and best-found references."""
