"""The pages, one short template each, over what the API reads."""
