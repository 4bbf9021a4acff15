"""The language of a short text where it is plain: by its script, or by its commonest words; unknown otherwise."""

from __future__ import annotations

import re

_WORDS = {
    "en": "the of and to in is for on with that at by from as its are was has will after over it this be an how why",
    "de": "der die das und ist nicht von mit für auf ein eine dem den des im zu sich auch nach wie wird aus bei sind",
    "fr": "le la les des et est dans pour sur une du au aux avec que qui par pas plus ce cette ses sont à",
    "es": "el los las y en del para con una por que se su al más es como sus este esta lo ha son",
    "it": "il lo gli di e che per una con del della nel è da sono alla dei delle più si al come anche",
    "pt": "o os as e em do da para com uma por que se no na dos das ao mais é um são foi",
    "nl": "de het een en van is op voor met dat zijn te in aan door niet om bij ook naar",
}  # fmt: skip
_SETS = {code: frozenset(words.split()) for code, words in _WORDS.items()}
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
)
_LETTER, _FEWEST, _LEAD = re.compile(r"[^\W\d_]"), 2, 1.5


def detect_language(text: str) -> str:
    """ISO 639-1 code, or "" where it is not plain.

    A script that one language writes decides when it makes up a fifth of the letters. Otherwise the language with most
    of its commonest words in the text, if they are at least two and half as many again as any other's.
    """
    letters = len(_LETTER.findall(text)) or 1
    for code, script in _SCRIPTS:
        if len(script.findall(text)) >= letters / 5 and script.search(text):
            return code
    words = re.findall(r"[^\W\d_]+", text.lower())
    counts = sorted(((sum(w in known for w in words), code) for code, known in _SETS.items()), reverse=True)
    (most, best), (next_most, _) = counts[0], counts[1]
    return best if most >= _FEWEST and most >= _LEAD * next_most else ""
