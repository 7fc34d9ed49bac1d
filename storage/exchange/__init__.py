"""What was exchanged with partner networks: inbox, outbox, log, and each wire's own memory."""
