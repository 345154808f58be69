"""The tech pack as a document: one description, shown as sheets on screen and as a PDF."""
