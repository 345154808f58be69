"""German and Chinese questions: the trade's most usual words, put into English.

It is a word list, not a translation. What it does not know stays as it is; the answer is in
English and says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

GERMAN: Mapping[str, str] = {
    "wie lang": "how long",
    "wie breit": "how wide",
    "wie weit": "how wide",
    "wie hoch": "how high",
    "wie tief": "how deep",
    "wie viel kostet": "how much does",
    "wieviel kostet": "how much does",
    "was kostet": "what does cost",
    "was kosten": "what do cost",
    "wie viele credits": "how many credits",
    "guthaben": "balance",
    "was fehlt": "what is missing",
    "fehlt noch": "is missing",
    "was blockiert": "what blocks",
    "blockiert": "blocks",
    "fertig": "ready",
    "bereit": "ready",
    "nächster schritt": "next step",
    "nächste schritt": "next step",
    "was bedeutet": "what does mean",
    "was heißt": "what does mean",
    "was ist": "what is",
    "welche": "which",
    "welcher": "which",
    "welches": "which",
    "meine produkte": "my products",
    "produkte": "products",
    "maße": "measurements",
    "masse": "measurements",
    "alle maße": "all measurements",
    "maßtabelle": "measurement table",
    "maß": "measurement",
    "toleranz": "tolerance",
    "toleranzen": "tolerance",
    "größe": "size",
    "größen": "sizes",
    "gradierung": "grading",
    "brustweite": "chest width",
    "brust": "chest",
    "oberweite": "chest width",
    "taille": "waist",
    "taillenweite": "waist width",
    "bund": "waistband",
    "bundweite": "waist",
    "bundhöhe": "waistband height",
    "hüfte": "hip",
    "hüftweite": "hip",
    "saum": "hem",
    "saumweite": "hem width",
    "ärmel": "sleeve",
    "ärmellänge": "sleeve length",
    "ärmelsaum": "sleeve opening",
    "oberarm": "bicep",
    "oberarmweite": "bicep width",
    "schulter": "shoulder",
    "schulterbreite": "across shoulder",
    "halsweite": "neck width",
    "halsausschnitt": "neck",
    "ausschnitt": "neck",
    "kragen": "collar",
    "kapuze": "hood",
    "rückenlänge": "body length at centre back",
    "rückenbreite": "across back",
    "gesamtlänge": "body length",
    "körperlänge": "body length",
    "vorderlänge": "body length from hps",
    "länge": "length",
    "breite": "width",
    "weite": "width",
    "höhe": "height",
    "tiefe": "depth",
    "innenbeinlänge": "inseam",
    "schrittlänge": "inseam",
    "seitenlänge": "outseam",
    "oberschenkel": "thigh",
    "knie": "knee",
    "fußweite": "leg opening",
    "armloch": "armhole",
    "manschette": "cuff",
    "material": "material",
    "materialien": "materials",
    "stückliste": "bill of materials",
    "stoff": "fabric",
    "oberstoff": "main fabric",
    "futter": "lining",
    "knopf": "button",
    "knöpfe": "buttons",
    "reißverschluss": "zip",
    "faden": "thread",
    "garn": "thread",
    "farbe": "colour",
    "farben": "colours",
    "naht": "seam",
    "nähte": "seams",
    "genäht": "sewn",
    "stich": "stitch",
    "verarbeitung": "construction",
    "pflege": "care",
    "pflegehinweise": "care",
    "waschen": "wash",
    "etikett": "label",
    "etiketten": "labels",
    "verpackung": "packaging",
    "kosten": "cost",
    "preis": "price",
    "preise": "prices",
    "preisliste": "price list",
    "skizze": "sketch",
    "skizzen": "sketches",
    "zoll": "inches",
    "in zoll": "in inches",
    "hallo": "hello",
    "guten tag": "hello",
    "danke": "thanks",
    "veraltet": "stale",
    "unterschied": "difference",
    "hilfe": "help",
    "was kannst du": "what can you do",
    "und": "and",
    "der": "the",
    "die": "the",
    "das": "the",
    "den": "the",
    "dem": "the",
    "des": "the",
    "ist": "is",
    "sind": "are",
    "von": "of",
    "zwischen": "between",
    "für": "for",
    "mein": "my",
    "mir": "me",
    "bitte": "please",
    "wie": "how",
    "viel": "much",
    "viele": "many",
    "habe": "have",
    "ich": "i",
    "ein": "a",
    "eine": "a",
    "noch": "still",
    "hat": "has",
    "es": "it",
}
ALSO_ENGLISH = frozenset({"material", "in", "die", "den", "hat", "es", "masse", "stich", "bund"})

CHINESE: Mapping[str, str] = {
    "有哪些尺寸": "all measurements",
    "所有尺寸": "all measurements",
    "全部尺寸": "all measurements",
    "尺寸表": "measurement table",
    "尺寸": "measurements",
    "胸围": "chest width",
    "胸宽": "chest width",
    "腰围": "waist width",
    "臀围": "hip",
    "下摆": "hem",
    "摆围": "hem width",
    "衣长": "body length",
    "后中长": "body length at centre back",
    "袖长": "sleeve length",
    "袖口": "sleeve opening",
    "袖子": "sleeve",
    "袖": "sleeve",
    "袖肥": "bicep width",
    "肩宽": "across shoulder",
    "领宽": "neck width",
    "领深": "front neck drop",
    "领": "collar",
    "帽": "hood",
    "袖窿": "armhole",
    "裤长": "outseam",
    "内长": "inseam",
    "内缝": "inseam",
    "前浪": "front rise",
    "后浪": "back rise",
    "前裆": "front rise",
    "后裆": "back rise",
    "大腿": "thigh",
    "腿围": "thigh",
    "膝围": "knee",
    "脚口": "leg opening",
    "腰头": "waistband",
    "公差": "tolerance",
    "尺码": "size",
    "放码": "grading",
    "跳码": "grading",
    "物料清单": "bill of materials",
    "物料": "materials",
    "材料": "materials",
    "面料": "main fabric",
    "里料": "lining",
    "辅料": "trims",
    "成分": "composition",
    "拉链": "zip",
    "纽扣": "buttons",
    "线": "thread",
    "颜色": "colours",
    "色": "colour",
    "工艺": "construction",
    "缝": "seam",
    "针距": "stitches per inch",
    "线迹": "stitch",
    "洗水": "care",
    "洗涤": "care",
    "洗标": "care label",
    "标签": "label",
    "吊牌": "hangtag",
    "包装": "packaging",
    "缺少什么": "what is missing",
    "缺什么": "what is missing",
    "缺": "missing",
    "问题": "problem",
    "完成": "ready",
    "准备好": "ready",
    "下一步": "next step",
    "价格": "price",
    "多少钱": "how much does it cost",
    "费用": "cost",
    "积分": "credits",
    "余额": "balance",
    "产品": "products",
    "英寸": "in inches",
    "厘米": "in cm",
    "毫米": "in mm",
    "是什么意思": "what does mean",
    "什么意思": "what does mean",
    "你好": "hello",
    "谢谢": "thanks",
    "你能做什么": "what can you do",
    "帮助": "help",
    "多长": "how long",
    "多宽": "how wide",
    "多少": "how much",
    "草图": "sketch",
    "款式图": "sketch",
    "区别": "difference",
    "比较": "compare",
    "过期": "stale",
}
_HAN = re.compile(r"[\u3400-\u9fff]")
_LETTER = re.compile(r"[^\W\d_]")
_GERMAN_WORD = re.compile(r"[^\W\d_]+")


@cache
def _plain_german() -> Mapping[str, str]:
    """As plain text writes them: ``größe`` is ``grösse``."""
    return {word.casefold(): english for word, english in GERMAN.items()}


@cache
def _german() -> re.Pattern[str]:
    return _any_of(_plain_german(), r"(?<!\w)(?:%s)(?!\w)")


@cache
def _chinese() -> re.Pattern[str]:
    return _any_of(CHINESE, "%s")


def _any_of(listed: Mapping[str, str], form: str) -> re.Pattern[str]:
    longest = sorted(listed, key=len, reverse=True)
    return re.compile(form % "|".join(map(re.escape, longest)))


def language_of(text: str) -> str:
    """``zh``, ``de``, ``other`` (a script that is not Latin) or ``en``, by its words; plain text.

    German needs a word that is not English too, and at least half of its words in the list.
    """
    if _HAN.search(text):
        return "zh"
    words = _GERMAN_WORD.findall(text)
    if not words:
        return "en"
    known = [word for found in _german().findall(text) for word in found.split()]
    if set(known) - ALSO_ENGLISH and 2 * len(known) >= len(words):
        return "de"
    foreign = sum(1 for letter in _LETTER.findall(text) if ord(letter) > 0x24F)
    return "other" if 2 * foreign > len(_LETTER.findall(text)) else "en"


def in_english(text: str, language: str) -> str:
    """The text with the words of the list in English; plain text."""
    if language == "de":
        return _german().sub(lambda found: _plain_german()[found[0]], text)
    if language == "zh":
        return _chinese().sub(lambda found: f" {CHINESE[found[0]]} ", text)
    return text
