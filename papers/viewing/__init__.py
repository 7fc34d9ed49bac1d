"""Pages of documents as pictures, for looking at them beside a decision: PDF, OFD, JPEG and PNG."""

from papers.viewing.pages import Picture, Sheets, picture_of, sheets_of

__all__ = ["Picture", "Sheets", "picture_of", "sheets_of"]
