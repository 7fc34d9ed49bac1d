"""What can be carried, where, and by when: items, regions, agreements, routing, the law's clocks.

Pure code over bundled data; imports `domain` only. Nothing here reads a clock, a network or a database.
"""
