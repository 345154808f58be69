"""Every kind of product has its own words, and none is pressed into those of garments."""

from __future__ import annotations

import re

import pytest

from generation.prompts import domain_of, domains, prompt_of
from generation.prompts.domain import Domain
from generation.providers.protocols import Brief
from generation.providers.steps import DRAWING, SEEING
from techpack import trade
from techpack.seeing import vocabulary_of

BY_ID = {domain.id: domain for domain in domains()}
every_domain = pytest.mark.parametrize("domain", domains(), ids=lambda domain: domain.id)
PROMISED = (
    *("tops", "outerwear", "dresses-and-skirts", "trousers", "underwear-and-lingerie"),
    *("swimwear", "knitwear", "footwear", "bags", "headwear", "jewellery", "watches"),
    *("belts-and-small-leather", "furniture", "home-textiles", "tableware-and-drinkware"),
    *("lighting", "electronics", "toys", "packaging", "sports-gear", "tools"),
    *("kitchen-appliances", "stationery", "pet-products", "any-other"),
)
OF_GARMENTS = re.compile(
    r"\b(sleeve length|neckline|hem|garment|armhole|inseam|placket|waistband)\b"
)
HARD = (
    *("furniture", "tableware-and-drinkware", "lighting", "electronics", "tools", "packaging"),
    *("kitchen-appliances", "stationery", "jewellery", "watches", "toys", "decor", "any-other"),
)


def test_all_promised_domains_are_there() -> None:
    assert set(PROMISED) <= set(BY_ID)
    assert domains()[-1].id == "any-other"


@every_domain
@pytest.mark.parametrize("operation", sorted(SEEING | DRAWING))
def test_every_domain_renders_for_every_operation(domain: Domain, operation: str) -> None:
    brief = Brief(subcategory=domain.words[0], category=domain.categories[0])
    prompt = prompt_of(operation, view_type="front", brief=brief)
    assert "$" not in prompt.instructions
    assert "{{" not in prompt.instructions
    assert "instruction" in prompt.instructions
    if operation not in ("category/detect", "close-ups/describe"):
        assert domain.name in prompt.instructions


@every_domain
def test_every_word_of_a_domain_leads_to_it(domain: Domain) -> None:
    for word in domain.words:
        assert domain_of(Brief(subcategory=word, category=domain.categories[0])) == domain, word
        assert domain_of(Brief(words=f"Our {word}, 2nd edition")) == domain, word


@every_domain
def test_a_domain_says_how_to_measure_and_what_no_photo_tells(domain: Domain) -> None:
    assert domain.unit in ("mm", "cm")
    assert len(domain.parts) >= 3
    assert len(domain.sizes) >= 3
    assert len(domain.close_ups) >= 5
    assert len(domain.unknowable) >= 3
    assert set(domain.categories) <= set(trade.loader.CATEGORIES)


@pytest.mark.parametrize("name", HARD)
def test_hard_goods_are_not_described_as_garments(name: str) -> None:
    domain = BY_ID[name]
    said = " ".join((domain.text, domain.flat, domain.presentation))
    assert OF_GARMENTS.search(said) is None


@pytest.mark.parametrize(
    ("category", "subcategory", "words", "expected"),
    [
        ("tops", "hoodie", "", "tops"),
        ("tops", "cardigan", "", "knitwear"),
        ("tops", "", "tee with the print of a wristwatch", "tops"),
        ("outerwear", "blazer", "", "tailoring"),
        ("trousers", "swim shorts", "", "swimwear"),
        ("footwear", "", "", "footwear"),
        ("bags", "", "for dogs and their collars", "bags"),
        ("other", "", "mug-black.jpg", "tableware-and-drinkware"),
        ("other", "pendant lamp", "looks like a hat", "lighting"),
        ("other", "", "Toy_Duck yellow", "toys"),
        ("", "", "office chair", "furniture"),
        ("other", "grommet press fixture", "", "any-other"),
        ("", "", "", "any-other"),
        ("no-such-thing", "", "", "any-other"),
    ],
)
def test_a_product_finds_its_domain(
    category: str, subcategory: str, words: str, expected: str
) -> None:
    brief = Brief(words=words, category=category, subcategory=subcategory)
    assert domain_of(brief).id == expected


def test_the_vocabulary_is_that_of_the_products_template() -> None:
    words = vocabulary_of("tops", "hoodie")
    assert any(word.startswith("A01 ") for word in words)
    assert "kangaroo pocket" in words
    assert len(words) == len(set(words))
    assert any(word.startswith("Z01W ") for word in vocabulary_of("other", "mug"))
