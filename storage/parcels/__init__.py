"""Legs, their scans and hand-overs, couriers and outlets."""
