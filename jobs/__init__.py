"""Scheduled jobs: what was left behind, what must be asked for, what must agree (decisions.md 10)."""
