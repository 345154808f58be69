"""A photo changed by a sentence: a new version or in its place, looked at again, undone."""

from __future__ import annotations

from typing import Any

import pytest

from generation.errors import Failure, ProviderError
from generation.models import Job
from generation.providers.protocols import Answer
from generation.providers.studio.engine import Studio
from techpack import operations, queries
from techpack.models import Analysis, Product, Revision
from techpack.pack import merge
from techpack.readiness import readiness_of
from tests.techpack.conftest import Api, MakeProduct, photo
from tests.techpack.steps import V2, analyze, free, spend_all

REGENERATE = f"{V2}/regenerate"


@pytest.fixture
def product(make_product: MakeProduct) -> Product:
    """A polo with a known length, not analysed yet."""
    product = make_product()
    row = queries.revisions_of(product)[0]
    operations.set_scale(
        user=product.user, revision_id=row.pk, start=[50, 20], end=[50, 420], length_um=700_000
    )
    return Product.objects.get(pk=product.pk)


def front(product: Product) -> Revision:
    return queries.revisions_of(product).get(view_type="front")


def change(api: Api, revision: Revision, words: str = "", mode: str = "new", **headers: str) -> Any:
    body = {"revisionId": str(revision.pk), "regeneratePrompt": words, "mode": mode}
    return api.send("POST", REGENERATE, body, **headers)


def draws(monkeypatch: pytest.MonkeyPatch, **data: Any) -> None:
    """The provider answers with another polo, whatever it is asked."""
    made = Answer(
        {"width": 1, "height": 1, "note": "as asked", "warnings": [], **data},
        images={"image.jpg": photo("polo-navy-back.jpg")},
    )
    monkeypatch.setattr(Studio, "edit_view", lambda self, **rest: made)


def cannot_see(monkeypatch: pytest.MonkeyPatch) -> None:
    def analyze_view(self: Studio, **rest: Any) -> Answer:
        raise ProviderError(Failure.TRANSIENT, "away")

    monkeypatch.setattr(Studio, "analyze_view", analyze_view)


def test_a_new_version_is_made_analysed_and_keeps_what_still_holds(
    api: Api, product: Product
) -> None:
    before = front(product)
    answer = change(api, before, "replace the background with white")
    body = answer.json()
    assert answer.status_code == 200, body
    made = body["revision"]
    assert (made["version"], made["isCurrent"], made["source"]) == (2, True, "edited")
    assert (made["madeFrom"], made["viewType"]) == (str(before.pk), "front")
    assert made["prompt"] == "replace the background with white"
    assert "background replaced" in body["did"][0]
    assert made["notes"][0].startswith("Background replaced")
    assert (body["creditsUsed"], body["keepsScale"], body["mode"]) == (1, True, "new")
    assert made["scale"]["length"] == {"value": 700.0, "unit": "mm"}
    assert body["analysis"]["revisionId"] == made["id"]
    assert body["analysis"]["imageHash"] == made["imageHash"] != before.image_hash
    assert any(
        d["provenance"] == "measured" for d in body["analysis"]["analysisData"]["dimensions"]
    )
    assert body["before"]["revisionId"] == str(before.pk)
    assert free(api) == 17
    before.refresh_from_db()
    assert not before.is_current


@pytest.mark.parametrize(
    "words", ["rotate 10 degrees", "mirror it left to right", "crop 10 % off the left"]
)
def test_what_moves_the_product_drops_the_known_length(
    api: Api, product: Product, words: str
) -> None:
    body = change(api, front(product), words).json()
    assert (body["revision"]["scale"], body["keepsScale"]) == (None, False)
    assert any("known length was left out" in note for note in body["revision"]["notes"])


def test_a_models_picture_keeps_the_scale_only_where_the_outlines_agree(
    api: Api, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    draws(monkeypatch)
    assert change(api, front(product), "as if new").json()["keepsScale"] is False
    same = Answer(
        {"width": 1, "height": 1, "note": "", "warnings": []}, images={"image.jpg": photo()}
    )
    monkeypatch.setattr(Studio, "edit_view", lambda self, **rest: same)
    row = Revision.objects.get(version=1)
    assert change(api, row, "the same").json()["keepsScale"] is True


def test_in_place_the_photo_keeps_its_id_and_undo_brings_the_picture_back(
    api: Api, product: Product
) -> None:
    analyze(api, product)
    before = front(product)
    body = change(api, before, "make it red", mode="replace").json()
    made = body["revision"]
    assert (made["id"], made["version"], made["source"]) == (str(before.pk), 1, "edited")
    assert made["imageHash"] != before.image_hash
    shown = queries.latest_analyses(product)[0]
    assert str(shown.pk) == body["analysis"]["id"]
    for _ in range(2):
        undone = api.send("POST", f"{REGENERATE}/{body['jobId']}/undo")
        assert undone.status_code == 200, undone.json()
        assert undone.json()["revision"]["imageHash"] == before.image_hash
    after = front(product)
    assert (after.scale, after.source, after.notes) == (before.scale, "upload", before.notes)
    assert (after.outline, after.job_id, after.replaced) == (before.outline, None, [])
    assert queries.latest_analyses(product)[0].image_hash == before.image_hash
    assert api.send("GET", f"/api/jobs/{body['jobId']}").json()["result"]["undone"] is True
    assert free(api) == 14


def test_undo_of_a_new_version_makes_the_old_one_current(api: Api, product: Product) -> None:
    before = front(product)
    first = change(api, before, "make it red").json()
    second = change(api, front(product), "make it green").json()
    early = api.send("POST", f"{REGENERATE}/{first['jobId']}/undo")
    assert (early.status_code, early.json()["error"]["code"]) == (409, "PHOTO_CHANGED")
    for body, current in ((second, first["revision"]["id"]), (first, str(before.pk))):
        for _ in range(2):
            undone = api.send("POST", f"{REGENERATE}/{body['jobId']}/undo").json()
            assert undone["revision"]["id"] == current
        assert str(front(product).pk) == current


def test_two_replacements_are_undone_in_their_order(api: Api, product: Product) -> None:
    before = front(product)
    first = change(api, before, "make it red", mode="replace").json()
    second = change(api, front(product), "rotate 10 degrees", mode="replace").json()
    assert api.send("POST", f"{REGENERATE}/{first['jobId']}/undo").status_code == 409
    for body, image in (
        (second, first["revision"]["imageHash"]),
        (first, before.image_hash),
    ):
        assert api.send("POST", f"{REGENERATE}/{body['jobId']}/undo").status_code == 200
        assert front(product).image_hash == image


@pytest.mark.parametrize("mode", ["new", "replace"])
def test_a_picture_whose_analysis_fails_is_kept_and_half_is_charged(
    api: Api, product: Product, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    with monkeypatch.context() as patch:
        cannot_see(patch)
        body = change(api, front(product), "make it red", mode=mode).json()
    assert (body["status"], body["creditsUsed"], body["analysis"]) == (
        "partly_succeeded",
        0.5,
        None,
    )
    assert [part["id"] for part in body["failed"]] == ["analysis"]
    assert str(front(product).pk) == body["revision"]["id"]

    retried = api.send("POST", f"/api/jobs/{body['jobId']}/retry").json()
    assert (retried["creditsUsed"], retried["revision"]["id"]) == (0.5, body["revision"]["id"])
    assert retried["analysis"]["imageHash"] == body["revision"]["imageHash"]
    assert retried["note"] == body["note"]
    assert free(api) == 17
    for job in (retried["jobId"], body["jobId"], retried["jobId"]):
        assert api.send("POST", f"{REGENERATE}/{job}/undo").status_code == 200
    assert front(product).version == 1
    assert front(product).source == "upload"


def test_what_was_made_from_the_old_view_is_out_of_date(
    api: Api, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    analysis = analyze(api, product).json()["analyses"][0]["id"]
    body = {"productId": str(product.pk), "productAnalysis": analysis, "category": "tops"}
    assert api.send("POST", f"{V2}/sketches/generate", body).status_code == 200
    assert readiness_of(merge.load(product)).stale == []
    done = change(api, front(product), "make it red", mode="replace").json()
    assert [row["output"] for row in readiness_of(merge.load(product)).stale] == [
        "sketches/generate"
    ]
    api.send("POST", f"{REGENERATE}/{done['jobId']}/undo")
    assert readiness_of(merge.load(product)).stale == []


def test_without_words_it_is_a_variation_of_the_presentation(api: Api, product: Product) -> None:
    answer = api.send("POST", REGENERATE, {"revisionId": str(front(product).pk), "mode": "new"})
    assert answer.status_code == 200
    assert answer.json()["revision"]["notes"][0].startswith("Presentation variation")


def test_what_the_studio_cannot_do_is_400_with_what_it_can_and_free(
    api: Api, product: Product
) -> None:
    answer = change(api, front(product), "add a hood and a zip")
    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (400, "invalid_request")
    assert "AI key" in " ".join([error["message"], error["detail"], *error["suggestions"]])
    assert free(api) == 18
    assert Revision.objects.count() == 1


@pytest.mark.parametrize("picture", [b"", b"no picture", photo()[:2000]])
def test_a_picture_that_cannot_be_read_is_not_taken(
    api: Api, product: Product, monkeypatch: pytest.MonkeyPatch, picture: bytes
) -> None:
    made = Answer({"width": 1, "height": 1, "note": ""}, images={"image.jpg": picture})
    monkeypatch.setattr(Studio, "edit_view", lambda self, **rest: made)
    answer = change(api, front(product), "as if new")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "MALFORMED_OUTPUT")
    assert free(api) == 18
    assert Revision.objects.count() == 1


def test_a_photo_that_was_replaced_meanwhile_is_left_alone(
    api: Api, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = front(product)
    made = Answer({"width": 1, "height": 1, "note": ""}, images={"image.jpg": photo()})

    def edit_view(self: Studio, **rest: Any) -> Answer:
        Revision.objects.filter(pk=before.pk).update(image_hash="another")
        return made

    monkeypatch.setattr(Studio, "edit_view", edit_view)
    answer = change(api, before, "as if new", mode="replace")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "PHOTO_CHANGED")
    assert free(api) == 18


def test_two_clicks_are_one_change(api: Api, product: Product) -> None:
    row = front(product)
    bodies = [change(api, row, "make it red", Idempotency_Key="twice").json() for _ in range(2)]
    assert bodies[0]["revision"]["id"] == bodies[1]["revision"]["id"]
    assert Job.objects.filter(kind="regenerate").count() == 1
    assert free(api) == 17
    assert Analysis.objects.count() == 1


class TestTheOrderOfChecks:
    """401 → 403 → 402 → 400 → 404."""

    def test_401_and_403(self, user: Any) -> None:
        from accounts.operations import create_key

        assert Api("tps_live_wrong").send("POST", REGENERATE, b"{").status_code == 401
        reader = Api(create_key(user=user, name="reader", scopes=["products:read"])[1])
        assert reader.send("POST", REGENERATE, b"{").status_code == 403

    def test_402_comes_before_400(self, api: Api, user: Any) -> None:
        spend_all(user)
        answer = api.send("POST", REGENERATE, {"nonsense": True})
        assert (answer.status_code, answer.json()["error"]["context"]["required_credits"]) == (
            402,
            1,
        )

    @pytest.mark.parametrize(
        ("body", "path"),
        [
            ({}, "revisionId"),
            ({"revisionId": "x"}, "revisionId"),
            ({"revisionId": "0" * 32, "mode": "other"}, "mode"),
            ({"revisionId": "0" * 32, "regeneratePrompt": "x" * 501}, "regeneratePrompt"),
            ({"revisionId": "0" * 32, "more": 1}, "more"),
        ],
    )
    def test_400_names_the_field(self, api: Api, body: Any, path: str) -> None:
        answer = api.send("POST", REGENERATE, body)
        assert answer.status_code == 400
        assert path in answer.json()["error"]["fields"]
        assert free(api) == 18

    def test_404_for_what_is_somebody_elses(
        self, api: Api, stranger: Api, product: Product
    ) -> None:
        assert change(stranger, front(product), "make it red").status_code == 404
        job = change(api, front(product), "make it red").json()["jobId"]
        for pk in (job, "x", str(front(product).pk)):
            assert stranger.send("POST", f"{REGENERATE}/{pk}/undo").status_code == 404
        other = Job.objects.create(
            user=product.user, kind="edit", deadline_at=product.updated_at, product_id=product.pk
        )
        assert api.send("POST", f"{REGENERATE}/{other.pk}/undo").status_code == 404
