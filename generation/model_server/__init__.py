"""The embedded studio as a model server: OpenAI's HTTP interfaces, no database, no key needed.

One process takes requests (``app``), and a few others, the seats, work on one picture task each
(``seats``, ``work``). A task that kills its seat is answered with 500, and the seat is set up
again. What is asked for comes from the prompt's data line, as ``generation.prompts`` writes it.
"""
