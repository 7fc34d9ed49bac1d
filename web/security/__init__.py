"""Who may come in, and what is refused before any route sees it."""
