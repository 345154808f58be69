"""Films of a product from its own photos: a presentation of stills, and labelled as one."""

from generation.providers.studio.film.maker import FilmStudio

__all__ = ["FilmStudio"]
