"""Unified login (统一认证) by OpenID Connect: our client of one provider, and what we believe of what it says."""
