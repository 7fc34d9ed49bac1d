"""What waits for a person, and the lists that people work off."""
