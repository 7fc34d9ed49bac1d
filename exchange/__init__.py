"""What partner networks and we say to each other: intake, breaker, gap recovery, dead letters, reconciliation."""
