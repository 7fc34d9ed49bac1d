"""Calls to other people's servers: what holds for each of them, whoever is called."""
