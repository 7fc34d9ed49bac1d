"""Scans and results, content-addressed and sealed."""
