"""The Sichuan network (川渝通办): what it pushes to us."""
