"""A field changed by a sentence: what comes of it, what it costs, and taking it back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

import pytest

from credits.models import Hold
from generation.errors import Failure, ProviderError
from generation.models import AICall, Job
from generation.providers.protocols import Answer, FieldAsked
from generation.providers.studio.engine import Studio
from techpack import operations, queries
from techpack.models import FieldEdit, Product
from techpack.pack import merge
from tests.techpack.conftest import Api, MakeProduct
from tests.techpack.steps import V2, analyze, free, spend_all

EDIT = f"{V2}/edit"
Says = Any


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> Says:
    """Line up what the provider answers, one after the other, and see what it was asked."""
    lined_up: list[Any] = []
    asked: list[FieldAsked] = []

    def edit_field(self: Studio, *, wanted: FieldAsked, **rest: Any) -> Answer:
        asked.append(wanted)
        answer = lined_up.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Answer({"confidence": 0.8, "isLiteral": False, "because": "asked", **answer})

    monkeypatch.setattr(Studio, "edit_field", edit_field)

    def line_up(*answers: Any) -> list[FieldAsked]:
        lined_up.extend(answers)
        return asked

    return line_up


@pytest.fixture
def product(api: Api, make_product: MakeProduct) -> Product:
    """A polo whose front was analysed."""
    product = make_product()
    assert analyze(api, product).status_code == 200
    return Product.objects.get(pk=product.pk)


def front(product: Product) -> str:
    return str(queries.revisions_of(product)[0].pk)


def ask(api: Api, product: Product, path: str, words: str = "change it", **headers: str) -> Any:
    body = {"revisionId": front(product), "fieldPath": path, "editPrompt": words}
    return api.send("POST", EDIT, body, **headers)


def value_in_pack(product: Product, section: str, entry: str, field: str = "value") -> Any:
    row = merge.load(Product.objects.get(pk=product.pk)).row(section, entry)
    assert row is not None
    return row.cell(field)


def entry_in_view(api: Api, product: Product, section: str, entry: str) -> dict[str, Any]:
    job = Job.objects.filter(kind="base-views/analyze").latest("pk")
    data = api.send("GET", f"/api/jobs/{job.pk}").json()["result"]["analyses"][0]["analysisData"]
    return next(row for row in data[section] if row["id"] == entry)


def test_it_answers_old_and_new_and_the_pack_shows_it_as_ai(
    api: Api, product: Product, says: Says
) -> None:
    asked = says({"value": "100 % organic cotton piqué"})
    answer = ask(api, product, "materials.0.value", "say what it probably is")
    body = answer.json()
    assert answer.status_code == 200, body
    assert body["newValue"] == "100 % organic cotton piqué"
    assert body["oldValue"] == asked[0].value
    assert (body["creditsUsed"], body["provenance"], body["confidence"]) == (1, "ai", 0.8)
    assert all(body[name] for name in ("analysisId", "editId", "reservationId"))
    entry = entry_in_view(api, product, "materials", body["entryId"])
    assert (entry["value"], entry["provenance"]) == ("100 % organic cotton piqué", "ai")
    assert entry["jobId"] == body["jobId"]
    cell = value_in_pack(product, "materials", body["entryId"])
    assert (cell.value, cell.provenance, cell.confidence) == (body["newValue"], "ai", 0.8)
    assert free(api) == 14


def test_the_statement_tells_one_sentence_from_another(
    api: Api, product: Product, says: Says
) -> None:
    says({"value": "Bone"}, {"value": "Ecru"})
    ask(api, product, "colors.0.value", "call it Bone")
    ask(api, product, "colors.0.value", "call  it\n" + "very " * 20 + "Ecru")
    long, short = Hold.objects.filter(operation="edit").order_by("-pk")[:2]
    assert short.reason == "“call it Bone”"
    assert long.reason.startswith("“call it very very")
    assert long.reason.endswith("…”")


def test_the_persons_own_words_count_as_typed(api: Api, product: Product, says: Says) -> None:
    says({"value": "Bone", "isLiteral": True, "confidence": 0.9})
    body = ask(api, product, "colors.0.value", "call it Bone").json()
    assert (body["provenance"], body["confidence"]) == ("user", 1.0)
    assert value_in_pack(product, "colors", body["entryId"]).provenance == "user"


def test_a_length_is_asked_and_answered_in_the_packs_unit(
    api: Api, product: Product, says: Says
) -> None:
    asked = says({"value": 61.5}, {"value": 2})
    body = ask(api, product, "dimensions.d_A04.value", "a bit longer").json()
    assert (asked[0].kind, asked[0].unit) == ("length", "cm")
    assert (body["oldValue"], body["newValue"], body["unit"]) == (asked[0].value, 61.5, "cm")
    entry = entry_in_view(api, product, "dimensions", "d_A04")
    assert (entry["value"], entry["um"], entry["status"]) == (61.5, 615_000, "estimated")
    cell = value_in_pack(product, "pointsOfMeasure", "A04")
    assert (cell.um, cell.provenance) == (615_000, "ai")
    body = ask(api, product, "pointsOfMeasure.A04.tolerancePlus", "two centimetres").json()
    assert (body["newValue"], body["analysisId"]) == (2.0, None)
    assert value_in_pack(product, "pointsOfMeasure", "A04", "tolerancePlus").um == 20_000


@pytest.mark.parametrize(
    ("path", "given", "kept", "kind"),
    [
        ("bom.shell.composition", "100 % cotton", "100 % cotton", "text"),
        ("bom.shell.quantity", 1.25, "1.25", "number"),
        ("cover.season", "Winter 2028", "Winter 2028", "text"),
        ("cover.sizes", "S, M, L", ["S", "M", "L"], "text"),
    ],
)
def test_fields_that_only_the_pack_has_are_changed_in_the_pack(
    api: Api, product: Product, says: Says, path: str, given: Any, kept: Any, kind: str
) -> None:
    asked = says({"value": given})
    body = ask(api, product, path).json()
    assert (body["newValue"], asked[0].kind) == (kept, kind)
    pack = api.send("GET", f"/api/products/{product.pk}/tech-pack").json()
    section, *entry, field = path.split(".")
    if section == "cover":
        assert pack["product"][field] == kept
    else:
        row = next(row for row in pack["bom"] if row["id"] == entry[0])
        assert (row[field]["value"], row[field]["provenance"]) == (kept, "ai")


def test_with_a_product_the_path_means_the_merged_pack(
    api: Api, product: Product, says: Says
) -> None:
    asked = says({"value": "Twin needle, 3 mm apart"})
    row = merge.load(product).rows("construction")[0]
    path = f"construction.{row.id}.operation"
    body = {"productId": str(product.pk), "fieldPath": path, "editPrompt": "twin needle"}
    answer = api.send("POST", EDIT, body).json()
    assert (answer["revisionId"], answer["analysisId"]) == (None, None)
    assert asked[0].entry["name"] == row.label
    assert value_in_pack(product, "construction", row.id, "operation").value == answer["newValue"]


def test_a_later_run_does_not_overwrite_it_and_a_typed_value_does(
    api: Api, product: Product, says: Says
) -> None:
    says({"value": "Loopback fleece"})
    body = ask(api, product, "materials.0.value").json()
    product.description = "other words, so that nothing is cached"
    product.save()
    assert analyze(api, product).json()["creditsUsed"] == 3
    assert value_in_pack(product, "materials", body["entryId"]).value == "Loopback fleece"
    operations.type_values(
        user=product.user,
        product_id=product.pk,
        values={f"materials.{body['entryId']}.value": "Jersey"},
        revision_id=queries.revisions_of(product)[0].pk,
    )
    cell = value_in_pack(product, "materials", body["entryId"])
    assert (cell.value, cell.provenance) == ("Jersey", "user")
    undone = api.send("POST", f"{EDIT}/{body['editId']}/undo")
    assert (undone.status_code, undone.json()["error"]["code"]) == (409, "FIELD_CHANGED")


WRONG = (
    ("colors.0.hex", "navy"),
    ("dimensions.d_A04.value", "long"),
    ("dimensions.d_A04.value", -4),
    ("materials.0.value", None),
    ("materials.0.value", "x" * 501),
    ("materials.0.value", "a\0b"),
    ("materials.0.value", {"um": 5}),
    ("cover.unit", "furlong"),
)


def test_a_value_that_could_not_be_typed_is_not_taken_and_free(
    api: Api, product: Product, says: Says
) -> None:
    before = free(api)
    for path, wrong in WRONG:
        says({"value": wrong}, {"value": wrong})
        answer = ask(api, product, path)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (500, "MALFORMED_OUTPUT"), (path, wrong)
    assert free(api) == before
    assert not FieldEdit.objects.exists()


def test_the_model_is_told_what_was_wrong_and_asked_once_more(
    api: Api, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaints = []

    def edit_field(self: Studio, *, ask: Any, **rest: Any) -> Answer:
        complaints.append(ask.complaint)
        return Answer({"value": "#1f2a4d" if ask.complaint else "navy", "isLiteral": True})

    monkeypatch.setattr(Studio, "edit_field", edit_field)
    assert ask(api, product, "colors.0.hex", "navy").json()["newValue"] == "#1f2a4d"
    assert complaints[0] == ""
    assert "#1f2a4d" in complaints[1]


def test_a_failure_costs_nothing_and_changes_nothing(
    api: Api, product: Product, says: Says
) -> None:
    says(ProviderError(Failure.QUOTA, "no money left"))
    answer = ask(api, product, "materials.0.value")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "QUOTA")
    assert free(api) == 15
    assert AICall.objects.filter(operation_name="edit", status="failed").count() == 1


def test_what_was_typed_while_it_ran_stays_and_the_edit_is_free(
    api: Api, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    def edit_field(self: Studio, **rest: Any) -> Answer:
        operations.type_values(
            user=product.user, product_id=product.pk, values={"bom.shell.material": "By hand"}
        )
        return Answer({"value": "By a machine", "confidence": 0.9, "isLiteral": False})

    monkeypatch.setattr(Studio, "edit_field", edit_field)
    answer = ask(api, product, "bom.shell.material")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "FIELD_CHANGED")
    assert value_in_pack(product, "bom", "shell", "material").value == "By hand"
    assert free(api) == 15


def test_undo_brings_back_what_was_there_however_often(
    api: Api, product: Product, says: Says
) -> None:
    says({"value": "Loopback fleece"})
    body = ask(api, product, "materials.0.value").json()
    for _ in range(2):
        undone = api.send("POST", f"{EDIT}/{body['editId']}/undo")
        assert (undone.status_code, undone.json()["undone"]) == (200, True)
        assert undone.json()["oldValue"] == body["oldValue"]
    cell = value_in_pack(product, "materials", body["entryId"])
    assert cell.value == body["oldValue"]
    assert free(api) == 14
    result = api.send("GET", f"/api/jobs/{body['jobId']}").json()["result"]
    assert result["undone"] is True


def test_undo_of_the_cover_restores_the_products_field(
    api: Api, product: Product, says: Says
) -> None:
    says({"value": "Gannet Polo"}, {"value": "Petrel Polo"})
    first = ask(api, product, "cover.name").json()
    second = ask(api, product, "cover.name").json()
    assert api.send("POST", f"{EDIT}/{first['editId']}/undo").status_code == 409
    for edit, name in ((second, "Gannet Polo"), (first, "Pier Polo")):
        assert api.send("POST", f"{EDIT}/{edit['editId']}/undo").status_code == 200
        product.refresh_from_db()
        assert product.name == name


def test_two_clicks_are_one_edit(api: Api, product: Product, says: Says) -> None:
    says({"value": "Loopback fleece"})
    answers = [
        ask(api, product, "materials.0.value", Idempotency_Key="twice").json() for _ in range(2)
    ]
    assert answers[0]["editId"] == answers[1]["editId"]
    assert FieldEdit.objects.count() == 1
    assert free(api) == 14


class TestTheOrderOfChecks:
    """401 → 403 → 402 → 400 → 404."""

    def test_401_and_403(self, user: Any, product: Product) -> None:
        from accounts.operations import create_key

        assert Api("tps_live_wrong").send("POST", EDIT, b"{").status_code == 401
        reader = Api(create_key(user=user, name="reader", scopes=["products:read"])[1])
        assert reader.send("POST", EDIT, b"{").status_code == 403

    def test_402_comes_before_400(self, api: Api, user: Any) -> None:
        spend_all(user)
        answer = api.send("POST", EDIT, {"nonsense": True})
        error = answer.json()["error"]
        assert (answer.status_code, error["context"]["required_credits"]) == (402, 1)
        assert error["context"]["requested_model"] == "edit"

    CHANGES: ClassVar = (
        ({"revisionId": None}, "revisionId"),
        ({"revisionId": "x"}, "revisionId"),
        ({"editPrompt": ""}, "editPrompt"),
        ({"editPrompt": "x" * 501}, "editPrompt"),
        ({"editPrompt": 7}, "editPrompt"),
        ({"fieldPath": "nonsense.0.value"}, "nonsense.0.value"),
        ({"fieldPath": "materials.99.value"}, "materials.99.value"),
        ({"fieldPath": "materials.m_none.value"}, "materials.m_none.value"),
        ({"fieldPath": "cover.owner"}, "cover.owner"),
        ({"more": 1}, "more"),
    )

    def test_400_names_the_field_and_gives_the_hold_back(self, api: Api, product: Product) -> None:
        body = {"revisionId": front(product), "fieldPath": "materials.0.value", "editPrompt": "x"}
        for change, path in self.CHANGES:
            answer = api.send("POST", EDIT, {**body, **change})
            assert answer.status_code == 400, answer.json()
            assert path in answer.json()["error"]["fields"], change
            line = api.send("GET", "/api/credits/statement").json()["results"][0]
            assert (line["status"], float(line["captured"])) == ("released", 0)

    def test_400_where_the_view_was_not_analysed(self, api: Api, make_product: MakeProduct) -> None:
        answer = ask(api, make_product(), "materials.0.value")
        assert answer.status_code == 400

    def test_404_for_what_is_somebody_elses(
        self, api: Api, stranger: Api, product: Product, says: Says
    ) -> None:
        assert ask(stranger, product, "materials.0.value").status_code == 404
        says({"value": "Loopback fleece"})
        edit = ask(api, product, "materials.0.value").json()["editId"]
        for pk in (edit, "x", front(product)):
            assert stranger.send("POST", f"{EDIT}/{pk}/undo").status_code == 404


def test_the_studio_itself_answers(api: Api, product: Product) -> None:
    body = ask(api, product, "materials.0.value", 'write "180 g/m² piqué"').json()
    assert body["newValue"] == "180 g/m² piqué"
    assert body["modelUsed"].startswith("studio")


def test_what_the_studio_cannot_do_is_400_with_words_and_free(api: Api, product: Product) -> None:
    answer = ask(api, product, "materials.0.value", "make it more poetic, like the sea")
    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (400, "invalid_request")
    assert error["message"]
    assert error["suggestions"]
    assert free(api) == 15


def test_the_quote_says_one_credit(api: Api) -> None:
    quote = api.send("POST", "/api/credits/quote", {"operation": "edit"}).json()
    assert (Decimal(quote["credits"]), quote["affordable"]) == (Decimal(1), True)


def test_a_colour_that_a_sentence_changed_is_shown_so(api: Api, product: Product) -> None:
    body = ask(api, product, "colors.0.value", "make it red").json()
    assert body["newValue"] == "red"
    assert value_in_pack(product, "colors", body["entryId"], "hex").value == "#c0282d"
    assert ask(api, product, "colors.0.hex", "#aa0000").json()["newValue"] == "#aa0000"
    assert value_in_pack(product, "colors", body["entryId"], "hex").value == "#aa0000"
