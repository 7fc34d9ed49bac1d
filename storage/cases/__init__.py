"""Cases, handlings, their history, and what is still owed in them."""
