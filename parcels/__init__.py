"""The scan log of parcels: scans taken in, what they say of each leg, hand-overs, outlets."""
