"""`make demo`: real cases through all three networks, driven only through public HTTP, and checked on both sides."""
