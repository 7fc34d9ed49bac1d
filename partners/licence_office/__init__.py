"""The office that answers for electronic licences (电子证照核验), over the wire of docs/licences.md."""
