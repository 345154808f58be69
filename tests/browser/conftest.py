"""A real browser against the real application, with the tests' own database."""

import os
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import stripe
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.db import connection
from django.test import Client, modify_settings
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect
from playwright.sync_api import Error as BrowserError
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from billing import webhooks
from billing.standin import here
from config.celery import app
from config.payments import STANDIN_PATH, Payments
from credits.audit import differences
from generation.work import run_job
from techpack import demo, operations
from techpack.models import Product
from tests.asgi import serving
from tests.browser.shop import Shop
from videos.models import Video

# Playwright's loop runs in the test's thread; the test's own database calls are no part of it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

CHROMIUM = "/usr/bin/chromium"
PASSWORD = "harbour-crane-7"
WIDTHS = (390, 768, 1440)
HOODIE = demo.SAMPLES[0]
PATIENCE_MS = 30_000  # a busy machine is slow, not wrong
expect.set_options(timeout=PATIENCE_MS)
RUNS_PER_FRAME = 50
SHOE = demo.SAMPLES[5]


class BrowserStoodStill(Exception):
    """Chromium drew no more frames, so a click waited in vain: it says nothing of the page.

    The one failure that is tried once more (``--only-rerun`` in ``pyproject.toml``).
    """


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Tell a browser that stopped drawing from a page that does not do what it should."""
    try:
        return (yield)
    except (BrowserError, AssertionError) as error:
        page = getattr(item, "funcargs", {}).get("page")
        if page is not None and stands_still(page):
            raise BrowserStoodStill(f"no frame was drawn of {page.url}") from error
        raise


def stands_still(page: Page) -> bool:
    """Whether scripts run in the page, and no frame is drawn.

    The time for a frame is told in runs of a script: a busy machine is slow with both.
    """
    begin = "() => { window.runs = 0; requestAnimationFrame(() => { window.runs = -1; }); }"
    told = f"() => window.runs < 0 || ++window.runs > {RUNS_PER_FRAME}"
    try:
        page.wait_for_function("() => true", polling=100, timeout=PATIENCE_MS)
        page.evaluate(begin)
        page.wait_for_function(told, polling=100, timeout=PATIENCE_MS)
        return bool(page.evaluate("() => window.runs > 0"))
    except BrowserError:
        return False


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium where it is installed, else the one that Playwright brings."""
    args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    found = {"executable_path": CHROMIUM} if Path(CHROMIUM).exists() else {}
    return {**browser_type_launch_args, **found, "args": args}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Nothing is half-way: neither a colour that is looked at nor a place that is clicked."""
    return {**browser_context_args, "reduced_motion": "reduce"}


class Served(LiveServer):
    """The product as it is really served, where pytest-django would serve it by wsgiref."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._live_server_modified_settings = modify_settings()  # which pytest-django enables

    @property
    def url(self) -> str:
        """Its address."""
        return self._url


@contextmanager
def serving_pages_of(context: BrowserContext) -> Iterator[str]:
    """The address of a server of the test's own, which answers to the end what it was asked.

    So nothing that a page was still asking for meets the next test. The pages are closed before
    the server ends, or it would wait for their streams of events.
    """
    with serving(stop_within_s=PATIENCE_MS // 1000) as url:
        yield url
        for page in context.pages:
            page.close()


@pytest.fixture
def live_server(transactional_db: None, context: BrowserContext) -> Iterator[Served]:
    with serving_pages_of(context) as url:
        yield Served(url)


@pytest.fixture
def page(page: Page, live_server: LiveServer) -> Iterator[Page]:
    """A page of the live server; the test fails on any complaint of the browser's console."""
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(f"{message.text} ({message.location.get('url', '')})")

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_default_timeout(PATIENCE_MS)
    page.route(f"{live_server.url}/api/events*", lambda _: None)  # no state changes by itself
    yield page
    assert not complaints, complaints


@pytest.fixture
def person(transactional_db: None) -> User:
    return User.objects.create_user("ada@studio.example", PASSWORD, name="Ada")


def give_session(page: Page, person: User, url: str) -> None:
    """Sign the person in at the server of that address."""
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    name = settings.SESSION_COOKIE_NAME
    cookie = client.cookies[name].value
    page.context.add_cookies([{"name": name, "value": cookie, "url": url}])


@pytest.fixture
def signed_in(page: Page, person: User, live_server: LiveServer) -> Page:
    """The page with the person's session, without the way through the sign-in form."""
    give_session(page, person, live_server.url)
    return page


@pytest.fixture(autouse=True)
def _at_once(settings: Any, tmp_path: Path) -> Iterator[None]:
    """Tasks run where they are published, and photos stay out of the checkout."""
    settings.MEDIA_ROOT = tmp_path
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.fixture
def quiet(signed_in: Page) -> Page:
    """The signed-in page, whose stream of events is never answered: no state changes by itself."""
    signed_in.route("**/api/events*", lambda _: None)
    return signed_in


@pytest.fixture
def pack(person: User) -> Product:
    """A hoodie with every step done."""
    return demo.make_product(person, HOODIE)


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs stay where they are put: nobody rings a worker."""
    monkeypatch.setattr("generation.operations.ring_worker", lambda job_id: None)


@pytest.fixture
def slip_on(person: User) -> Product:
    """A shoe of three real photos."""
    product = operations.create_product(user=person, name=SHOE.name)
    for view_type, file in SHOE.photos:
        operations.add_revision(
            user=person,
            product_id=product.pk,
            file=(demo.PHOTOS / file).read_bytes(),
            filename=file,
            view_type=view_type,
        )
    return product


@pytest.fixture
def worker(queued: None) -> Iterator[Callable[[], None]]:
    """``worker()`` works on the one film that was asked for, beside the test."""
    threads: list[threading.Thread] = []

    def work() -> None:
        try:
            run_job(job_id=Video.objects.get().job_id)
        finally:
            connection.close()

    def begin() -> None:
        threads.append(threading.Thread(target=work))
        threads[-1].start()

    yield begin
    for thread in threads:
        thread.join()


def workspace(live_server: LiveServer, product: Product) -> str:
    return f"{live_server.url}/products/{product.pk}"


def assert_accessible(page: Page) -> None:
    """No violation of WCAG 2.2 A, AA or best practice, in the page's present state."""
    found = Axe().run(page).response["violations"]
    told = [
        f"{rule['id']}: {rule['help']}\n  "
        + "\n  ".join(node["html"][:200] + " " + node["failureSummary"] for node in rule["nodes"])
        for rule in found
    ]
    assert not told, "\n".join(told)


def assert_fits(page: Page) -> None:
    """Nothing reaches beyond the right edge, so the page does not scroll sideways."""
    wide, room = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= room, f"{page.url} is {wide} px wide in a window of {room}"


def assert_looks_right(page: Page, url: str) -> None:
    """The page fits at each width and is accessible in both colour schemes."""
    page.goto(url)
    assert_looks_right_now(page)


def assert_looks_right_now(page: Page) -> None:
    """The same for the page's present state, however it came to it."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert_fits(page)
    for scheme in ("light", "dark"):
        # Reduced motion: a colour half-way through its transition has no contrast to speak of.
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for width in (WIDTHS[0], WIDTHS[-1]):
            page.set_viewport_size({"width": width, "height": 900})
            assert_accessible(page)


@pytest.fixture
def streaming(transactional_db: None, context: BrowserContext) -> Iterator[str]:
    """The address of a server beside ``live_server`` whose streams of events are let through."""
    with serving_pages_of(context) as url:
        yield url


@pytest.fixture
def shop(
    streaming: str, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shop]:
    """The streaming server, which sells by a stand-in of its own; the ledger stays in balance."""
    settings.PUBLIC_URL, settings.DATA_DIR = streaming, tmp_path
    settings.PAYMENTS = Payments(
        "standin", "sk_test_standinbrowser", streaming + STANDIN_PATH, "whsec_browser"
    )
    settings.STRIPE_SECRET_KEY = settings.PAYMENTS.secret_key
    monkeypatch.setattr(stripe, "api_base", settings.PAYMENTS.api_base)
    world = here.world()
    world.enlist(url=webhooks.endpoint_url(), secret=settings.PAYMENTS.webhook_secret)
    yield Shop(streaming, world)
    assert differences() == []


@pytest.fixture
def tab(context: BrowserContext, person: User, shop: Shop) -> Page:
    """A signed-in tab of the shop; refusals are part of this, so nobody listens to complaints."""
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    give_session(page, person, shop.url)
    return page
