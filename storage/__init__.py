"""What must survive: SQLAlchemy tables and the functions that read and write them."""
