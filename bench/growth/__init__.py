"""Growth benchmark: a district's cases after months, and what each read costs with a thousand and with very many."""
