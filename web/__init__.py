"""The HTTP interface and the pages; every route is one short transaction, workflows get their Updates afterwards."""
