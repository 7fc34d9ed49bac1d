"""The national gateway (跨省通办): what we fetch from it."""
