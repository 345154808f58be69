"""The fake OpenAI in a process of its own, so that its work is not counted as ours.

It answers at once and always the same. It prints its address, and ends with its standard input.
"""

from __future__ import annotations

import sys

from tests.fakes.openai_script import draws, says
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.step_answers import good_answer
from tests.fakes.step_pictures import in_format, invented

SEEING = "base-views/analyze"


def _serve() -> None:
    with OpenAIServer(says(good_answer(SEEING, {}, []))) as server:
        picture = draws(in_format(invented("a polo"), ".jpg"))
        server.always(picture, to="images/edits")
        print(server.root, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    _serve()
