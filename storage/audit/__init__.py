"""The audit trail (审计记录): append-only, each entry chained to the one before, the end signed every hour."""
