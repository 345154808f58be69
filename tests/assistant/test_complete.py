"""A whole answer: held at its most, charged by what was used."""

from __future__ import annotations

from typing import Any

from assistant.operations import complete
from credits import queries as credit
from credits.models import Hold
from generation.models import AICall, Job
from tests.techpack.conftest import MakeProduct

HELLO = {"messages": [{"role": "user", "content": "What blocks this pack?"}]}


def test_an_answer_is_held_at_its_most_and_charged_by_what_was_used(
    user: Any, make_product: MakeProduct
) -> None:
    before = credit.balance(user).free
    answered = complete(user=user, asked={**HELLO, "product_id": str(make_product().pk)})

    usage = answered.body["usage"]
    assert answered.body["choices"][0]["message"]["content"]
    hold = Hold.objects.get(job=answered.job)
    assert hold.captured == usage["prompt_tokens"] + 4 * usage["completion_tokens"]
    assert hold.amount > hold.captured
    assert credit.balance(user).free == before - hold.captured
    job = Job.objects.get(pk=answered.job.pk)
    assert (job.status, job.fence) == ("succeeded", 1)
    call = AICall.objects.get(job=job)
    assert (call.status, call.total_tokens) == ("completed", usage["total_tokens"])
    assert "blocks" not in str([job.input, job.result, call.input_data, call.output_data])
