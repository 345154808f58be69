"""Words for a film that every provider surely refuses: said before anything is sent or bought.

Only what is certain is refused here; all the rest is the provider's to judge. The words of the
trade are full of traps (a nude pump, a gored skirt, a killer whale print), so a rule names whole
phrases rather than single words.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from generation.errors import Failure, ProviderError

CODE: Final = "moderation_blocked"
BLOCKED: Final = "Your request was blocked by our moderation system."
DESCRIBE: Final = "Describe the product, its fabric, the light and the movement instead"

_LETTER: Final = r"[^\W\u4e00-\u9fff]"  # or digit, of a script that writes spaces
# A phrase about people goes on as sentences about people do; "naked women's denim" is a colour.
_PERSON: Final = r"(?:wom[ae]n|m[ae]n|girls?|boys?|persons?|people|couples?|lad(?:y|ies))"
_ACTS: Final = (
    r"(?=\s*(?:$|[.,;:!?)]|(?:is|are|in|on|with|and|lies|lying|(?:danc|pos|walk|stand|sitt?|bath|"
    r"shower|undress|touch|wear|swim|turn|mov|kiss)(?:e?s|ing)?)(?!\w)))"
)
_CHILD: Final = (
    r"(?:child|children|kids?|minors?|toddlers?|teens?|teenagers?|schoolchildren|preteens?)"
)
_SELF: Final = r"(?:himself|herself|themsel(?:f|ves)|myself|yourself)"
_HELPING: Final = r"(?!\s(?:awareness|prevention|hotline|helpline|support))"


@dataclass(frozen=True)
class Rule:
    """What is refused, in words for the user, and the phrases that say it."""

    what: str
    phrases: re.Pattern[str]


def _rule(what: str, *, words: tuple[str, ...], han: tuple[str, ...] = ()) -> Rule:
    """``words`` stand by themselves in the text; ``han`` anywhere, as there are no spaces."""
    spelled = [f"(?<!{_LETTER})(?:{'|'.join(words)})(?!{_LETTER})", *han]
    return Rule(what, re.compile("|".join(spelled)))


RULES: Final = (
    _rule(
        "sexual content with minors",
        words=(
            rf"{_CHILD} (?:porn\w*|erotica|sex)",
            r"kinderporn\w*",
            r"underage (?:sex|porn\w*|nud\w+)",
            rf"(?:naked|topless|erotic|sexuali[sz]ed) (?:little )?{_CHILD}{_ACTS}",
            rf"(?:naked|topless|erotic) (?:little (?:girls?|boys?)|school(?:girls?|boys?)){_ACTS}",
            r"nackte[nrs]? (?:kind|kinder|kindern|kindes|mädchen|jungen)",
        ),
        han=(
            "儿童(?:色情|裸体)",
            "兒童(?:色情|裸體)",
            "(?:未成年|幼女)(?:色情|裸体|裸體|性交)",
        ),
    ),
    _rule(
        "sexual content",
        words=(
            r"porn(?:o|os|ographic|ography|star|stars)?",
            r"porno(?:gra(?:f|ph)|film)\w*",
            r"hentai",
            r"(?:have|has|having|had) sex",
            r"(?:oral|anal|explicit|hardcore) sex",
            r"sex (?:scenes?|tapes?|acts?)",
            r"sexual (?:intercourse|acts?)",
            r"blow ?jobs?",
            r"masturb(?:at|ier)\w*",
            r"ejaculat\w*",
            r"strip ?tease",
            r"penis",
            r"(?:raping|raped|rape scenes?)",
            rf"(?:fully|completely|totally|stark) naked{_ACTS}",
            rf"(?:naked|topless) {_PERSON}{_ACTS}",
            rf"(?:an?|two|three|some|several) nude {_PERSON}{_ACTS}",
            r"erotic (?:dance|film|massage|movie|scene|video)s?",
            r"nackte[nrs]? (?:frau|frauen|mann|männer|person|personen|menschen|körper)",
            r"(?:geschlechtsverkehr|vergewaltig\w*|sexszenen?)",
        ),
        han=(
            "色情",
            "淫秽|淫穢",
            "性交",
            "做爱|做愛",
            "强奸|強姦",
            "裸[女男](?![士款式鞋靴装裝包])",
            "全裸|裸体|裸體",
            "自慰",
        ),
    ),
    _rule(
        "graphic violence",
        words=(
            r"behead(?:s|ed|ing|ings)?",
            r"decapitat\w+",
            r"dismember\w*",
            r"disembowel\w*",
            r"mutilated (?:body|bodies|corpses?)",
            r"severed (?:heads?|limbs?|arms?|legs?)",
            r"(?:blood and gore|gory (?:scenes?|killings?|murders?))",
            r"(?:torture scenes?|being tortured|tortur(?:es|ing) (?:an?|him|her|them))",
            r"(?:stab(?:s|bed|bing)?|beat(?:s|en|ing)?) (?:\w+ ){0,3}to death",
            r"slit(?:s|ting)? (?:his|her|their|someone['’]s|a \w+['’]s) throats?",
            r"snuff (?:film|movie|video)s?",
            r"enthaupt\w+",
            r"(?:zerstückelte[nrs]? (?:leichen?|körper)|folterszenen?)",
            r"abgetrennte[nrs]? (?:kopf|köpfe)",
        ),
        han=("斩首|斬首", "肢解", "分尸|分屍", "血腥(?:暴力|屠杀|屠殺)", "酷刑"),
    ),
    _rule(
        "self-harm",
        words=(
            r"commit(?:s|ted|ting)? suicide",
            rf"kill(?:s|ed|ing)? {_SELF}",
            rf"(?:self[- ]harm(?:ing)?|suicide methods?){_HELPING}",
            r"(?:cut|cuts|cutting|slit|slits|slitting) (?:his|her|their|my|your) wrists?",
            r"(?:selbstmord|suizid) (?:begeh\w+|verüb\w+)",
            r"(?:bringt|bringen|brachte) sich um",
            r"(?:sich umbring\w+|selbstverletz\w+)",
        ),
        han=(
            "自杀(?!小队|预防|防治|干预)|自殺(?!小隊|突擊|預防|防治)",
            "自残|自殘",
            "割腕",
        ),
    ),
    _rule(
        "symbols and words of hate",
        words=(
            r"(?:nazi|isis) (?:flags?|salutes?|symbols?|insignias?|propaganda)",
            r"(?:hitler|nazi) (?:salute|uniform)s?",
            r"hakenkreuz\w*",
            r"hitlergr(?:u|ü)(?:ß|ss)\w*",
            r"(?:ss[- ]run(?:en?|es)|siegrunen?)",
            r"(?:heil hitler|sieg heil)",
            r"(?:ku klux klan|kkk (?:robes?|hoods?|rall(?:y|ies)))",
            r"white power (?:rall(?:y|ies)|symbols?|salutes?|movement)",
            r"(?:gas the jews|kill all (?:jews|muslims|gays))",
            r"(?:ausländer|juden) raus",
        ),
        han=("纳粹|納粹", "希特勒万岁|希特勒萬歲"),
    ),
    _rule(
        "instructions for weapons",
        words=(
            r"(?:build|make|assemble)(?:s|ing)? an? (?:(?:pipe|car|nail) ?bomb|explosive device)",
            r"(?:rohrbomben?|sprengsatz) (?:bauen|baut)",
        ),
        han=("(?:制造|制作|製造|製作)(?:炸弹|炸彈)",),
    ),
)
_UNSEEN: Final = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff]")
_GAPS: Final = re.compile(r"[\s_*~]+")


def check(words: str) -> None:
    """Refuse what is certain to be refused; raises ProviderError (USER_INPUT) with our code."""
    plain = _plain(words)
    for rule in RULES:
        if (found := rule.phrases.search(plain)) is not None:
            raise ProviderError(
                Failure.USER_INPUT,
                f"words refused before a provider was asked: {rule.what}",
                words=BLOCKED,
                suggestions=[f"Leave out “{found[0].strip()}” ({rule.what})", DESCRIBE],
                code=CODE,
            )


def _plain(words: str) -> str:
    """One line in small letters, without what no eye sees."""
    folded = unicodedata.normalize("NFKC", words).lower()
    return _GAPS.sub(" ", _UNSEEN.sub("", folded)).strip()
