"""Films of a product: asked for, awaited, charged when they are done."""
