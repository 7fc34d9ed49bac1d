"""What each operation answers, by resource: the schemas of docs/openapi.json."""
