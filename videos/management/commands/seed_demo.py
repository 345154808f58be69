"""``manage.py seed_demo``: a demo account with products, through the real verbs."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from techpack import demo
from techpack.document.export import pdf_of
from videos.demo import make_video
from videos.movements import title_of


class Command(BaseCommand):
    """Make the demo account, or bring it up to date."""

    help = "A demo account with sample products and a video; --all also writes each pack as PDF."

    def add_arguments(self, parser: CommandParser) -> None:
        """``--all`` writes the packs to ``DATA_DIR/demo``."""
        parser.add_argument("--all", action="store_true", help="write each pack to DATA_DIR/demo")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was made and how to sign in."""
        # Where strangers may try it, a password that is printed here alone.
        password = demo.PASSWORD if settings.IS_RELAXED else secrets.token_urlsafe(12)
        user = demo.demo_user(password)
        folder = settings.DATA_DIR / "demo"
        for product, is_new in demo.make_products(user):
            self.stdout.write(
                f"{'made' if is_new else 'there'}  {product.style_no}  {product.name}"
            )
            if film := make_video(user, product):
                video, is_new = film
                self.stdout.write(
                    f"{'made' if is_new else 'there'}  its video, {title_of(video.prompt)}"
                )
            if options["all"]:
                folder.mkdir(parents=True, exist_ok=True)
                name, data = pdf_of(product, drawn_by=user.name)
                (folder / name).write_bytes(data)
                self.stdout.write(f"       {folder / name}")
        self.stdout.write(f"Sign in at {settings.PUBLIC_URL} as {demo.EMAIL}, {password}")
