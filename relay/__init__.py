"""Between our tables and Temporal: what was committed is delivered to the workflows, at least once, in order."""
