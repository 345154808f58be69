"""Which side of the product a photo shows, by the words of its file's name."""

from __future__ import annotations

from collections.abc import Mapping

from generation.providers.studio.category import named
from generation.providers.studio.plain_words import has_spaces, plain

WORDS: Mapping[str, str] = {
    "front": """
        front, frontal, vorne, vorn, vorderseite, vorderansicht, avant, devant, frente,
        delantera, delantero, fronte, davanti, voorkant, przod, framsida, 正面, 前面, 앞면,
        спереди
    """,
    "back": """
        back, rear, ruckseite, rueckseite, ruckansicht, rueckansicht, hinten, ruecken, dos,
        arriere, atras, trasera, espalda, dietro, achterkant, tyl, baksida, 背面, 后面, 後ろ,
        뒷면, сзади
    """,
    "side": """
        side, profile, left, right, lateral, seite, seitlich, seitenansicht, links, rechts,
        cote, profil, lado, perfil, lato, zijkant, bok, sida, 侧面, 側面, 옆면, сбоку
    """,
    "top": """
        top, above, overhead, birdseye, oben, draufsicht, aufsicht, dessus, arriba, superior,
        sopra, bovenkant, z gory, 俯视, 顶部, 上面, 上から, 위에서, сверху
    """,
    "bottom": """
        bottom, sole, outsole, underside, unten, unterseite, sohle, boden, dessous, semelle,
        abajo, suela, sotto, suola, onderkant, zool, 底部, 鞋底, 底面, 바닥, снизу
    """,
    "heel": """
        heel, ferse, fersenansicht, talon, tacon, talone, hiel, 鞋跟, かかと, 뒤꿈치, пятка
    """,
    "three-quarter": """
        threequarter, three quarter, 3 4 view, perspective, angle, angled, schrag, schraeg,
        dreiviertel, trois quarts, tres cuartos, tre quarti, 斜め, 斜侧
    """,
    "detail": """
        detail, details, closeup, close up, macro, zoom, nahaufnahme, makro, gros plan,
        primer plano, dettaglio, szczegol, 细节, 特写, 詳細, アップ, 디테일, деталь
    """,
    "inside": """
        inside, interior, innen, innenseite, interieur, dentro, interno, binnenkant, 内部, 内側,
        안쪽, внутри
    """,
    "label": """
        label, tag, care label, etikett, etiquette, etiqueta, etichetta, 标签, 吊牌, タグ, 라벨,
        этикетка
    """,
}  # fmt: skip
NARROW = frozenset({"detail", "label", "inside"})  # said beside a side, these are the view


def view_in_words(words: str) -> str:
    """The view that words such as ``polo-navy-back.jpg`` name; empty where they name none.

    The last one counts, as in ``high-heels-side.jpg``.
    """
    text = plain(words)
    said = [
        (name in NARROW, at, name)
        for name, names in WORDS.items()
        if (at := max(_last(text, word.strip()) for word in names.split(","))) >= 0
    ]
    return max(said)[2] if said else ""


def _last(text: str, word: str) -> int:
    """Where a word stands last in a text; -1 where it does not."""
    if not has_spaces(word):
        return text.rfind(plain(word))
    at = f" {text} ".rfind(f" {word} ")
    after = text[at + len(word) :].split(" ") if at >= 0 else []
    if word == "back" and after[1:2] == ["pack"]:
        return -1
    if word == "top" and not _is_a_side(text, at, after):
        return -1
    return at


def _is_a_side(text: str, at: int, after: list[str]) -> bool:
    """Whether "top" is the side of a product and not a garment."""
    if {"view", "down", "shot"} & set(after[1:2]):
        return True
    product = named(text[: max(at, 0)])
    return product is not None and product[0][0] not in {"tops", "outerwear"}
