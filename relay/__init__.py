"""Between our tables and Temporal: what was committed is told to the workflows, at least once, in order."""
