"""Product pictures from words: parametric templates, said to be such."""
