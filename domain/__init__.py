"""The business in plain data: terms, messages, transition tables, errors. Imports nothing but pydantic."""
