"""Films at the model server: taken, made one after another, kept for a while."""

from __future__ import annotations

import base64
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import av
import pytest

from generation.model_server import shelf
from generation.model_server.peers import Peers
from generation.model_server.refusals import broken
from generation.model_server.shelf import SILENT_S, Shelf
from generation.model_server.work import done
from tests.core.coroutines import finished
from tests.fakes.films import small_film
from tests.model_server.filming import PROMPT, Studio, played, served
from tests.model_server.inline import POLO, Served, data_url, error_of


@played
async def test_a_film_is_taken_made_and_sent(folder: Path) -> None:
    works = Studio()
    async with served(works, folder=folder) as client:
        begun = (await client.create(seconds="8")).json()
        assert (begun["object"], begun["status"], begun["progress"]) == ("video", "queued", 0)
        assert (begun["seconds"], begun["size"], begun["prompt"]) == ("8", "1280x720", PROMPT)
        assert (await client.until(begun["id"], "in_progress"))["progress"] == 40
        early = await client.send("GET", f"/videos/{begun['id']}/content")
        assert (early.status_code, error_of(early)["code"]) == (400, "video_not_ready")
        works.may_go_on.set()
        state = await client.until(begun["id"], "completed")
        assert state["progress"] == 100
        assert state["expires_at"] > state["completed_at"] >= state["created_at"]
        film = await client.send("GET", f"/videos/{begun['id']}/content")
        assert film.content == small_film(8)
        assert film.headers["content-type"] == "video/mp4"
        assert film.headers["content-length"] == str(len(film.content))
        thumbnail = await client.send("GET", f"/videos/{begun['id']}/content?variant=thumbnail")
        assert thumbnail.headers["content-type"] == "image/jpeg"
        odd = await client.send("GET", f"/videos/{begun['id']}/content?variant=spritesheet")
        assert (odd.status_code, error_of(odd)["param"]) == (400, "variant")


@played
async def test_films_are_made_one_after_another_and_only_so_many_wait(folder: Path) -> None:
    works = Studio()
    async with served(works, folder=folder, waiting_most=2) as client:
        refs = [await client.begun(seconds="4")]
        await client.until(refs[0], "in_progress")
        refs += [await client.begun() for _ in range(2)]
        full = await client.create()
        assert (full.status_code, error_of(full)["code"]) == (429, "rate_limit_exceeded")
        assert full.headers["retry-after"] == "1"
        assert [(await client.look(ref))["status"] for ref in refs[1:]] == ["queued", "queued"]
        assert len(works.begun) == 1
        counted = (await client.send("GET", "http://model/metrics")).text
        assert "model_server_films_waiting 2.0" in counted
        assert "model_server_films_making 1.0" in counted
        works.may_go_on.set()
        for ref in refs:
            await client.until(ref, "completed")
        assert len(os.listdir(folder)) == 3


@pytest.mark.parametrize(("size", "at_once"), [(1, 1), (2, 1), (4, 3)])
def test_a_seat_is_left_for_other_work(tmp_path: Path, size: int, at_once: int) -> None:
    async def test() -> None:
        works = Studio(size)
        async with served(works, folder=tmp_path) as client:
            refs = [await client.begun() for _ in range(5)]
            for ref in refs[:at_once]:
                await client.until(ref, "in_progress")
            assert works.busy == at_once
            works.may_go_on.set()
            for ref in refs:
                await client.until(ref, "completed")

    finished(test)


@played
async def test_a_film_waits_for_a_seat_as_long_as_it_takes(folder: Path) -> None:
    works = Studio()
    works.may_go_on.set()
    works.times_busy = 2
    async with served(works, folder=folder) as client:
        await client.until(await client.begun(), "completed")
    assert works.times_busy == 0


@played
async def test_a_film_that_is_deleted_is_not_made_further(folder: Path) -> None:
    works = Studio()
    async with served(works, folder=folder) as client:
        making, waiting = await client.begun(), await client.begun()
        await client.until(making, "in_progress")
        for ref in (making, waiting):
            told = await client.send("DELETE", f"/videos/{ref}")
            assert told.json() == {"id": ref, "object": "video.deleted", "deleted": True}
            for method, path in (("GET", ""), ("GET", "/content"), ("DELETE", "")):
                gone = await client.send(method, f"/videos/{ref}{path}")
                assert (gone.status_code, error_of(gone)["param"]) == (404, "video_id")
        works.may_go_on.set()
        last = await client.begun()
        await client.until(last, "completed")
        assert os.listdir(folder) == [last]
        await client.send("DELETE", f"/videos/{last}")
        assert os.listdir(folder) == []
    assert len(works.begun) == 2


@pytest.mark.parametrize("fault", [broken(), OSError("no room"), RuntimeError("?")])
def test_a_film_that_cannot_be_made_has_failed(tmp_path: Path, fault: Exception) -> None:
    async def test() -> None:
        works = Studio()
        works.fault = fault
        works.may_go_on.set()
        async with served(works, folder=tmp_path) as client:
            state = await client.until(await client.begun(), "failed")
            assert state["error"]["code"] == "server_error"
            assert state["error"]["message"] == "Something went wrong here."
            works.fault = None
            await client.until(await client.begun(), "completed")

    finished(test)


@played
async def test_servers_that_share_a_folder_answer_for_each_others_films(folder: Path) -> None:
    one, two = Studio(), Studio()
    one.may_go_on.set()
    async with served(one, folder=folder) as here, served(two, folder=folder) as there:
        ref = await here.begun()
        await there.until(ref, "completed")
        film = await there.send("GET", f"/videos/{ref}/content")
        assert film.content == small_film(4)
        await there.send("DELETE", f"/videos/{ref}")
        assert (await here.send("GET", f"/videos/{ref}")).status_code == 404


@played
async def test_what_has_begun_is_finished_where_others_can_have_it(folder: Path) -> None:
    works = Studio()
    async with served(works, folder=folder) as client:
        making, waiting = await client.begun(), await client.begun()
        await client.until(making, "in_progress")
    kept = Shelf(folder, keep_s=60, most_bytes=2**20)
    assert (kept.state(making) or {})["status"] == "completed"
    assert (kept.state(waiting) or {})["error"]["code"] == "server_error"


def test_a_folder_of_its_own_goes_with_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # other servers have theirs elsewhere

    async def test() -> None:
        async with served(Studio()) as client:
            await client.until(await client.begun(), "in_progress")
            (own,) = tmp_path.glob("films-*")
            assert any(own.iterdir())
        assert not own.exists()

    finished(test)


def kept(folder: Path, **more: Any) -> Shelf:
    return Shelf(folder, **({"keep_s": 60, "most_bytes": 2**20} | more))


def test_a_film_of_which_nothing_is_heard_was_lost(tmp_path: Path) -> None:
    films = kept(tmp_path)
    ref = films.begin(Peers().new_ref(), {})["id"]
    assert (films.state(ref) or {})["status"] == "queued"
    silent = time.time() - SILENT_S - 1
    os.utime(tmp_path / ref / "state.json", (silent, silent))
    films.touch(ref)
    assert (films.state(ref) or {})["status"] == "queued"
    os.utime(tmp_path / ref / "state.json", (silent, silent))
    assert (films.state(ref) or {})["status"] == "failed"
    films.complete(ref)
    assert (films.state(ref) or {})["status"] == "failed"  # once said, it stays


def test_films_are_taken_away_after_their_time_and_the_oldest_where_room_is_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    films = kept(tmp_path, most_bytes=25_000)
    refs = []
    for number in range(3):
        ref = films.begin(Peers().new_ref(), {})["id"]
        shelf.put(films.folder(ref) / shelf.FILM, bytes(10_000))
        monkeypatch.setattr(shelf.time, "time", lambda at=1_000.0 + number: at)
        films.complete(ref)
        refs.append(ref)
    going_on = films.begin(Peers().new_ref(), {})["id"]
    films.tidy()
    assert {path.name for path in tmp_path.iterdir()} == {*refs[1:], going_on}
    monkeypatch.setattr(shelf.time, "time", lambda: 1_061.5)
    assert films.state(refs[1]) is None  # expired, tidy or not
    assert films.state(refs[2]) is not None
    films.tidy()
    assert refs[1] not in os.listdir(tmp_path)


def test_what_is_no_film_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "lost+found").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    kept(tmp_path, keep_s=-1).tidy()
    assert len(os.listdir(tmp_path)) == 2
    for ref in ("lost+found", "..", "../x", "", "video_", "video_" + "0" * 31 + "/"):
        assert kept(tmp_path).state(ref) is None


WRONG: list[tuple[dict[str, Any], int, str]] = [
    ({"model": "sora-2"}, 404, "model"),
    ({"prompt": " "}, 400, "prompt"),
    ({"prompt": "a dragon eats the polo"}, 400, "prompt"),
    ({"seconds": "5"}, 400, "seconds"),
    ({"seconds": "4.0"}, 400, "seconds"),
    ({"size": "1792x1024"}, 400, "size"),
    ({"size": "x"}, 400, "size"),
    ({"picture": b"no picture"}, 400, "input_reference"),
    ({"facts": "{"}, 400, "facts"),
    ({"facts": '{"views": 7}'}, 400, "facts"),
]


@pytest.mark.parametrize(("more", "status", "param"), WRONG)
def test_a_film_that_cannot_be_made_is_refused_at_once(
    tmp_path: Path, more: dict[str, Any], status: int, param: str
) -> None:
    async def test() -> None:
        async with served(Studio(), folder=tmp_path) as client:
            answer = await client.create(**more)
            assert (answer.status_code, error_of(answer)["param"]) == (status, param), answer.text
            if "dragon" in more.get("prompt", ""):
                assert error_of(answer)["code"] == "film_not_possible"
                assert "dragon" in error_of(answer)["message"]

    finished(test)
    assert os.listdir(tmp_path) == []


@played
async def test_a_film_may_be_asked_for_in_json(folder: Path) -> None:
    async with served(Studio(), folder=folder) as client:
        photo = {"image_url": data_url(POLO)}
        body: dict[str, Any] = {"prompt": PROMPT, "seconds": 4, "input_reference": photo}
        answer = await client.send("POST", "/videos", json=body)
        assert answer.status_code == 200, answer.text
        assert (answer.json()["seconds"], answer.json()["size"]) == ("4", "720x1280")
        broken_url = "data:image/jpeg;base64,%%%" + base64.b64encode(POLO).decode()
        for wrong in (
            {"file_id": "file_1"},
            {"image_url": "https://example.com/a.jpg"},
            {"image_url": broken_url},
            7,
        ):
            refused = await client.send("POST", "/videos", json=body | {"input_reference": wrong})
            assert error_of(refused)["code"] == "invalid_image"
            assert error_of(refused)["param"] == "input_reference"
        none = await client.send("POST", "/videos", json={"prompt": PROMPT})
        assert (none.status_code, error_of(none)["code"]) == (400, "film_not_possible")


def test_other_files_than_photos_are_refused() -> None:
    files = {"mask": ("a.jpg", POLO, "image/jpeg")}
    answer = Served().send("POST", "/v1/videos", data={"prompt": PROMPT}, files=files)
    assert (answer.status_code, error_of(answer)["param"]) == (400, "mask")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "video_1"), ("DELETE", "video_1"), ("GET", "video_1/content")]
)
def test_films_are_for_those_with_the_key_alone(method: str, path: str) -> None:
    closed = Served(key="open sesame")
    assert closed.send(method, f"/v1/videos/{path}").status_code == 401
    assert closed.send("POST", "/v1/videos", json={}).status_code == 401
    let_in = {"Authorization": "Bearer open sesame"}
    assert closed.send(method, f"/v1/videos/{path}", headers=let_in).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/videos", 405),
        ("PUT", "/v1/videos/video_1", 405),
        ("POST", "/v1/videos/video_1/remix", 404),
        ("GET", "/v1/videos/", 404),
        ("GET", "/v1/videos/video_1/", 404),
        ("GET", "/v1/videos/..%2f..%2fetc/content", 404),
    ],
)
def test_addresses_that_are_none(method: str, path: str, status: int) -> None:
    assert Served().send(method, path).status_code == status


@played
async def test_what_a_product_is_called_may_stand_in_what_is_wished(folder: Path) -> None:
    async with served(Studio(), folder=folder) as client:
        photo = {"image_url": data_url(POLO)}
        body = {
            "prompt": "the Zephyr turns slowly",
            "facts": json.dumps({"title": "Zephyr Polo", "views": [{"viewType": "back"}]}),
            "input_reference": [photo, photo],
        }
        assert (await client.send("POST", "/videos", json=body)).status_code == 200
        refused = await client.send("POST", "/videos", json=body | {"facts": ""})
        assert error_of(refused)["code"] == "film_not_possible"


@pytest.mark.thorough
def test_a_seat_makes_the_film_that_is_asked_for(tmp_path: Path) -> None:
    """The one film here that is really made: of two photos, with what is known of them."""
    asked = {"prompt": "still, dark backdrop", "seconds": 4, "width": 1280, "height": 720}
    facts = json.dumps({"title": "Zephyr Polo", "views": [{"viewType": "front"}]})
    ref = kept(tmp_path).begin(Peers().new_ref(), {})["id"]
    folder = kept(tmp_path).folder(ref)
    task = {"asked": asked, "facts": facts, "pictures": [POLO], "folder": str(folder)}
    assert done({**task, "kind": "film"}) == {"isMade": True}
    state = kept(tmp_path).state(ref) or {}
    assert state["status"] == "in_progress"
    assert 90 < state["progress"] <= 99
    with av.open(str(folder / shelf.FILM)) as film:
        (stream,) = film.streams.video
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 1280, 720)
        assert (film.duration or 0) / av.time_base == pytest.approx(4, abs=0.1)
    assert (folder / shelf.THUMBNAIL).read_bytes().startswith(b"\xff\xd8\xff")
    assert sorted(os.listdir(folder)) == sorted([shelf.FILM, "state.json", shelf.THUMBNAIL])


def test_a_seat_stops_at_a_film_that_nobody_wants(tmp_path: Path) -> None:
    films = kept(tmp_path)
    asked = {"prompt": PROMPT, "seconds": 12, "width": 1280, "height": 720}
    for take_away in (films.delete, films.clear):
        ref = films.begin(Peers().new_ref(), {})["id"]
        take_away(ref)
        task = {"asked": asked, "facts": "", "pictures": [POLO], "folder": str(tmp_path / ref)}
        assert done({**task, "kind": "film"}) == {"isMade": False}
