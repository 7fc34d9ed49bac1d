"""The Southwest hub (跨西南五省通办): batches, rows and receipts in both directions."""
