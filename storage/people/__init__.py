"""Users, sessions and password hashes."""
