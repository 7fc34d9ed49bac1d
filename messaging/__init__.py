"""Messages to applicants on their way out (办件提醒): channels, quiet hours, sending, receipts."""
