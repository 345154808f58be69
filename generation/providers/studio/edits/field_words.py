"""Words of a field: set, replaced, added, taken out; or the one number among them changed."""

from __future__ import annotations

import re
from dataclasses import replace

from generation.errors import RequestRefused
from generation.providers.protocols import FieldAsked
from generation.providers.studio.edits.field_answers import LONGEST, New, refused
from generation.providers.studio.edits.field_numbers import new_number
from generation.providers.studio.edits.numbers import amounts_in, straightened

LONGEST_VALUE = 300
QUOTES = "\"'“”„‚‘’«»「」『』"
BARE_WORDS = 5  # more without a verb is a wish, not a value

_TO = (
    r"(?:please\s+|bitte\s+|请)*(?:"
    r"(?:set|change|rename|update|correct|switch|make|turn|put|convert|edit|fix)"
    r"(?:\s+(?:it|this|that|the\s+[\w -]{1,40}?|name|value|field))?\s+(?:to|into|as|in)\s+"
    r"|(?:make|call|name)\s+(?:it|this|that)\s+"
    r"|(?:use|write|enter)\s+|(?:it\s+)?should\s+(?:be|read|say)\s+|(?:it\s+)?must\s+be\s+"
    r"|(?:setze?|[aä]e?nde?re?|umbenennen|benenne)(?:\s+\w+){0,2}?(?:\s+um)?\s+(?:auf|in|zu|nach)\s+"
    r"|mache?\s+(?:daraus|es|das|sie|ihn)\s+|(?:nimm|nutze|verwende|schreibe?)(?:\s*:\s*|\s+)"
    r"|(?:把它|将其|请)?(?:颜色|面料|材料)?(?:改为|改成|换成|设为|重命名为|应为)\s*|(?:使用|改用|换用)\s*)"
)
_SET = re.compile(rf"\s*{_TO}(?P<new>.+)", re.IGNORECASE | re.DOTALL)
_SWAP = re.compile(
    r"\s*(?:please\s+|bitte\s+)?(?:replace|swap|change|exchange|substitute|ersetzen?|tausche)\s+"
    r"(?P<old>.+?)\s+(?:with|by|to|for|into|durch|gegen|mit)\s+(?P<new>.+)",
    re.IGNORECASE | re.DOTALL,
)
_INSTEAD = re.compile(
    r"\s*(?:please\s+|bitte\s+)?(?:(?:use|make\s+it|nimm)\s+)?(?P<new>.+?)\s+"
    r"(?:instead\s+of|rather\s+than|statt|anstatt)\s+(?P<old>.+)",
    re.IGNORECASE | re.DOTALL,
)
_HAN_SWAP = re.compile(
    r"\s*(?:请)?(?:把|将)(?P<old>.+?)(?:换成|改成|改为|替换为)(?P<new>.+)", re.DOTALL
)
_ADD = re.compile(
    r"\s*(?:please\s+|bitte\s+)?(?:add|append|erg[aä]e?nze?|f[uü]e?ge?|添加|加上)\s*(?P<new>.+?)"
    r"(?:\s+(?:at\s+the\s+end|hinzu|to\s+it))?",
    re.IGNORECASE | re.DOTALL,
)
_DROP = re.compile(
    r"\s*(?:please\s+|bitte\s+)?(?:remove|delete|drop|strike|entfernen?|streiche?|l[oö]e?sche?|删除|去掉)\s*"
    r"(?P<old>.+)",
    re.IGNORECASE | re.DOTALL,
)
_CASE = re.compile(
    r".*\b(?P<case>upper\s?case|capitals|lower\s?case|capitali[sz]ed?|title\s?case|"
    r"gro(?:ss|ß)buchstaben|kleinbuchstaben)\b.*",
    re.IGNORECASE | re.DOTALL,
)
_CLEAR = re.compile(
    r"\s*(?:please\s+)?(?:clear|empty|erase|blank|delete|remove|leeren?|l[oö]e?schen?|清空|清除|删除)"
    r"(?:\s+(?:it|this|that|the\s+field|field|everything|es|alles))?\s*[.!]?\s*",
    re.IGNORECASE,
)  # fmt: skip
_WISH = re.compile(
    r"\b(?:more|less|better|nicer|improve|rewrite|rephrase|translate|summari[sz]e|shorten|"
    r"simplify|expand|explain|describe|suggest|think|guess|find|check|ignore|forget|pretend|"
    r"what|why|how|which|who|when|where|can|could|sound|appropriate|suitable|similar|like|same|"
    r"cheaper|longer|shorter|modern|you|your|please|if|unless|not|don't|"
    r"besser|mehr|weniger|[uü]bersetze|verbessere|warum|wie|welche|nicht|k[uü]rzer|l[aä]nger)\b"
    r"|[?？]|更|翻译|改进|不要|如果|什么|为什么",
    re.IGNORECASE,
)


# Who begins so asks for a change; construction begins with other verbs ("Turn 2 cm", "Set flat").
_ASKING = re.compile(
    r"(?:make|do|put|change|give|get|let|keep|try|should|must|mach\w*|[aä]e?nde?re?n?|lass|gib|nimm|"
    r"nutze?|verwende?|schreibe?|soll(?:te)?|muss)\b|[用请把将让]|.*(?:改|换)[为成]",
    re.IGNORECASE,
)
_POLITE = re.compile(r"^(?:please|bitte)\s+|^请\s*|[,\s]+(?:please|bitte)$", re.IGNORECASE)


def new_words(wanted: FieldAsked) -> New:
    """The field's new words; raises RequestRefused."""
    said = _clean(wanted.words[:LONGEST])
    if not said:
        raise refused(wanted, "It says nothing.")
    if _CLEAR.fullmatch(said):
        raise refused(wanted, "To empty a field, clear it in the table: that is free.")
    before = _clean(str(wanted.value if wanted.value is not None else ""))
    for read_one in (_cased, _swapped, _dropped, _counted, _set, _added, _bare):
        found = read_one(wanted, said, before)
        if found is not None:
            return found
    raise refused(wanted)


def _clean(text: str) -> str:
    """Without control characters; runs of space are one."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _unquoted(text: str) -> str:
    text = text.strip()
    stripped = text.strip(QUOTES).strip()
    if text[:1] in QUOTES or text[-1:] in QUOTES:
        return stripped
    return stripped.removesuffix(".").strip()


def _value(wanted: FieldAsked, text: str) -> str:
    if not text:
        raise refused(wanted, "It does not say what to write.")
    if len(text) > LONGEST_VALUE:
        raise refused(wanted, f"The new text is longer than {LONGEST_VALUE} characters.")
    return text


def _found(text: str, before: str) -> re.Match[str] | None:
    """Where whole words stand in the field, whatever their case."""
    edges = (r"(?<!\w)" if text[:1].isalnum() and text.isascii() else "",
             r"(?!\w)" if text[-1:].isalnum() and text.isascii() else "")  # fmt: skip
    return re.search(f"{edges[0]}{re.escape(text)}{edges[1]}", before, re.IGNORECASE)


def _swapped(wanted: FieldAsked, said: str, before: str) -> New | None:
    for pattern in (_SWAP, _INSTEAD, _HAN_SWAP):
        match = pattern.fullmatch(said)
        if match is None:
            continue
        old, new = _unquoted(match["old"]), _unquoted(match["new"])
        if old.casefold() in _own_names(wanted):
            return New(_value(wanted, new), 0.93, True, "as written")
        place = _found(old, before) if old else None
        if place is None:
            raise refused(wanted, f"“{old[:60]}” does not stand in the field: “{before[:80]}”.")
        value = _each(old, new, before)
        return New(_value(wanted, value), 0.93, True, f"{place[0][:60]} → {new[:60]}")
    return None


def _each(old: str, new: str, before: str) -> str:
    """Every whole word replaced."""
    parts, rest = [], before
    while match := _found(old, rest):
        parts += [rest[: match.start()], new]
        rest = rest[match.end() :]
    return "".join([*parts, rest])


def _own_names(wanted: FieldAsked) -> set[str]:
    label = wanted.label.casefold()
    return {"it", "this", "the value", "the text", "everything", label, f"the {label}"}


def _dropped(wanted: FieldAsked, said: str, before: str) -> New | None:
    match = _DROP.fullmatch(said)
    if match is None:
        return None
    old = _unquoted(match["old"])
    place = _found(old, before) if old else None
    if place is None:
        raise refused(wanted, f"“{old[:60]}” does not stand in the field: “{before[:80]}”.")
    left = f"{before[: place.start()].rstrip(' ,;')} {before[place.end() :].lstrip(' ,;')}"
    left = re.sub(r"\s+([,;.])", r"\1", " ".join(left.split())).strip(" ,;")
    if not left:
        raise refused(wanted, "Nothing would be left. Clear the field in the table: that is free.")
    return New(left, 0.9, False, f"without {place[0][:60]}")


def _counted(wanted: FieldAsked, said: str, before: str) -> New | None:
    """The one number of a text such as "180 g/m²", by arithmetic."""
    numbers = amounts_in(straightened(before))
    if len(numbers) != 1 or len(amounts_in(straightened(said))) > 2:
        return None
    place = re.search(r"\d+(?:[.,]\d+)?", before)
    if place is None:
        return None
    plain = replace(wanted, kind="number", value=float(numbers[0].value), unit="")
    try:
        new = new_number(plain)
    except RequestRefused:
        return None
    if new.confidence < 0.9:
        return None  # other words were said beside the number, so it is a text
    value = f"{float(new.value):.4f}".rstrip("0").rstrip(".")
    if "," in place[0]:
        value = value.replace(".", ",")
    text = before[: place.start()] + value + before[place.end() :]
    return New(text, min(new.confidence, 0.9), new.is_literal, new.because)


def _set(wanted: FieldAsked, said: str, before: str) -> New | None:
    match = _SET.fullmatch(said)
    if match is None:
        return None
    new = match["new"].strip()
    text = _unquoted(new)
    quoted = new[:1] in QUOTES
    if not quoted and _WISH.search(text):
        raise refused(wanted, "This needs new wording, and the local studio writes none.")
    return New(_value(wanted, text), 0.97 if quoted else 0.93, True, "as written")


def _added(wanted: FieldAsked, said: str, before: str) -> New | None:
    match = _ADD.fullmatch(said)
    if match is None:
        return None
    new = _unquoted(match["new"])
    if _WISH.search(new):
        raise refused(wanted, "This needs new wording, and the local studio writes none.")
    value = f"{before.rstrip(' ,;')}, {new}" if before else new
    return New(_value(wanted, value), 0.9, True, "added as written")


def _cased(wanted: FieldAsked, said: str, before: str) -> New | None:
    match = _CASE.fullmatch(said)
    if match is None or not before:
        return None
    case = match["case"].casefold().replace(" ", "")
    if case.startswith(("upper", "capitals", "gro")):
        return New(before.upper(), 0.95, False, "in capitals")
    if case.startswith(("lower", "klein")):
        return New(before.lower(), 0.95, False, "in lower case")
    words = " ".join(word[:1].upper() + word[1:] for word in before.split(" "))
    return New(words, 0.95, False, "capitalised")


def _bare(wanted: FieldAsked, said: str, before: str) -> New | None:
    """A few words without a verb are taken as the value itself."""
    quoted = said[:1] in QUOTES and said[-1:] in QUOTES
    said = said if quoted else _POLITE.sub("", said)
    if not quoted and _ASKING.match(said):
        why = "It asks for a change that the local studio does not know."
        raise refused(wanted, f"{why} Words in quotation marks are written as they stand.")
    if not quoted and (len(said.split(" ")) > BARE_WORDS or len(said) > 60 or _WISH.search(said)):
        return None
    text = _unquoted(said)
    if not re.search(r"\w", text):
        return None
    return New(_value(wanted, text), 0.9 if quoted else 0.6, True, "taken as the value itself")
