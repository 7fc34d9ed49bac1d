"""Thin activities: everything a workflow does to the world, each idempotent under a key the workflow chose."""
