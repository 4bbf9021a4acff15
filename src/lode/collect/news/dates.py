"""When an article was published, from what a provider shows: relative times, many formats, missing zones.

What is not said is taken at its latest, so that no article is ever older than it may be: a day without a zone ends in
the westernmost one (UTC-12), "3 hours ago" is exactly three, "yesterday" ends with yesterday's UTC day; but nothing
that was found can be later than its finding.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from email.utils import parsedate_to_datetime

_WESTERNMOST, _EASTERNMOST = timezone(timedelta(hours=-12)), timezone(timedelta(hours=14))
_UNITS = {
    "second": 1, "sec": 1, "s": 1, "sekunde": 1, "seconde": 1, "segundo": 1, "secondo": 1,
    "minute": 60, "min": 60, "m": 60, "minuto": 60,
    "hour": 3600, "hr": 3600, "h": 3600, "stunde": 3600, "std": 3600, "heure": 3600, "hora": 3600, "ora": 3600,
    "day": 86400, "d": 86400, "tag": 86400, "jour": 86400, "día": 86400, "dia": 86400, "giorno": 86400,
    "week": 604800, "wk": 604800, "w": 604800, "woche": 604800, "semaine": 604800, "semana": 604800,
    "settimana": 604800,
    "month": 2592000, "mo": 2592000, "monat": 2592000, "mois": 2592000, "mes": 2592000, "mese": 2592000,
    "year": 31536000, "yr": 31536000, "y": 31536000, "jahr": 31536000, "an": 31536000, "año": 31536000,
    "anno": 31536000,
}  # fmt: skip
_OTHER_UNITS = {
    "秒": 1, "초": 1, "секунд": 1, "分": 60, "분": 60, "минут": 60,
    "時間": 3600, "小时": 3600, "小時": 3600, "시간": 3600, "час": 3600, "uur": 3600,
    "日": 86400, "天": 86400, "일": 86400, "дн": 86400, "день": 86400, "dag": 86400,
    "周": 604800, "週": 604800, "주": 604800, "недел": 604800, "weken": 604800,
    "か月": 2592000, "ヶ月": 2592000, "カ月": 2592000, "个月": 2592000, "個月": 2592000, "개월": 2592000,
    "месяц": 2592000, "maand": 2592000, "年": 31536000, "년": 31536000, "год": 31536000, "лет": 31536000,
    "jaar": 31536000,
}  # fmt: skip  # how the word begins
_PLURALS = {"ore": "ora", "giorni": "giorno", "minuti": "minuto", "secondi": "secondo", "mesi": "mese", "anni": "anno"}
_PLURALS |= {"settimane": "settimana", "meses": "mes", "monaten": "monat", "tagen": "tag", "jahren": "jahr"}
_RELATIVE = re.compile(
    r"(?:(?:vor|il y a|hace|há)\s+(\d{1,4}|an?|one|eine[rmn]?|une?|un[oa]?)\s*([^\W\d_]+)\.?"
    r"|(?:about\s+|over\s+)?(\d{1,4}|an?|one|un[oa]?)\s*([^\W\d_]+)\.?\s+(?:ago|fa)"
    r"|(\d{1,4})\s*([smhdwy]|mo|min|hr|wk|yr)s?)",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(r"(\d{1,4})\s*([^\W\d_]+?)\s*(?:前|전|назад|geleden)")
_PARTS = re.compile(r"(\d{1,4} [a-z]+),? (?:and )?\d{1,2} [a-z]+ ago")  # an hour and twenty minutes: the hour is later
_AROUND = re.compile(r"^(?:posted|published|updated|last updated)\s*:?\s+(?:on\s+)?|\s+[·•|]\s.*$", re.IGNORECASE)
_SHORT_MONTH = re.compile(r"\b([A-Z][a-z]{2,3})\. (?=\d)")
_DAYS_AGO = {"today": 0, "heute": 0, "yesterday": 1, "gestern": 1, "hier": 1, "ayer": 1, "ieri": 1}
_NOW = frozenset({"now", "just now", "moments ago", "a moment ago", "gerade eben"})
_FORMATS = (
    "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d.%m.%Y", "%d %b %Y", "%d %B %Y", "%b %d %Y", "%B %d %Y",
    "%b %d %Y %I:%M %p", "%B %d %Y %I:%M %p", "%b %d %Y %H:%M", "%d %b %Y %H:%M", "%d %B %Y %H:%M", "%Y/%m/%d %H:%M",
    "%Y/%m/%d %H:%M:%S", "%d.%m.%Y %H:%M",
)  # fmt: skip
_TIMED = re.compile(r"%[HI]")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_RFC = re.compile(
    r"(?:[A-Za-z]{3},?\s+)?\d{1,2}\s[A-Za-z]{3}\s\d{4}\s\d{1,2}:\d\d(?::\d\d)?(?:\s(?:[+-]\d{4}|[A-Z]{1,4}))?"
)
_EPOCH = re.compile(r"\d{10}(?:\.\d+)?|\d{13}")
_NAMED_ZONES = {"UTC": 0, "GMT": 0, "Z": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6,
                "PST": -8, "PDT": -7}  # fmt: skip
_ZONE = re.compile(r"\s*\(?\b(UTC|GMT|Z|E[SD]T|C[SD]T|M[SD]T|P[SD]T)\)?$")
# nothing on the web is of 1970: a source writes so what it does not know
_EARLIEST, _LATEST = datetime(1971, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def published_time(shown: str, fetched: datetime) -> datetime | None:
    """UTC time of publication from the text that a provider showed at `fetched`; None where it cannot be read.

    A day and month that could be swapped (03/04/2025) are read as the later day that is not after the fetch. A text
    that even at its earliest lies after the fetch is returned as it says.
    """
    shown = _AROUND.sub("", _SHORT_MONTH.sub(r"\1 ", shown.strip()))
    words = " ".join(shown.replace(",", " ").split())
    fetched = fetched.astimezone(UTC)
    try:
        found = _relative(words.lower(), fetched) or _absolute(shown.strip(), words, fetched)
    except OverflowError:  # years that no calendar has
        return None
    return found if found is not None and _EARLIEST <= found < _LATEST else None


def _relative(words: str, fetched: datetime) -> datetime | None:
    if words in _NOW:
        return fetched
    if words in _DAYS_AGO:
        ends = datetime.combine(fetched.date() - timedelta(days=_DAYS_AGO[words]), time(23, 59, 59), UTC)
        return min(ends, fetched)
    if found := _ELSEWHERE.fullmatch(words):
        seconds = next((of for begins, of in _OTHER_UNITS.items() if found[2].startswith(begins)), None)
        return fetched - timedelta(seconds=seconds * int(found[1])) if seconds else None
    match = _RELATIVE.fullmatch(_PARTS.sub(r"\1 ago", words))
    if match is None:
        return None
    number, unit = next((match[n], match[n + 1]) for n in (1, 3, 5) if match[n])
    seconds = _seconds(unit.rstrip("."))
    return fetched - timedelta(seconds=seconds * (int(number) if number.isdigit() else 1)) if seconds else None


def _seconds(unit: str) -> int | None:
    named = (unit, _PLURALS.get(unit, unit), unit.removesuffix("s"), unit.removesuffix("n"), unit.removesuffix("es"))
    return next((_UNITS[name] for name in named if name in _UNITS), None)


def _absolute(shown: str, words: str, fetched: datetime) -> datetime | None:
    if _EPOCH.fullmatch(shown):
        number = float(shown)
        return datetime.fromtimestamp(number / 1000 if number > 1e12 else number, UTC)
    if match := _SLASHED.fullmatch(words):
        return _slashed(match, fetched)
    for read in (_iso, _rfc, _formatted):
        found = read(shown if read is not _formatted else words)
        if found is not None:
            return _latest(found, fetched)
    return None


def _iso(shown: str) -> datetime | date | None:
    try:
        return datetime.fromisoformat(shown) if ":" in shown or "T" in shown else date.fromisoformat(shown)
    except ValueError:
        return None


def _rfc(shown: str) -> datetime | None:
    if not _RFC.fullmatch(shown):  # the parser of the standard library reads far more than is meant
        return None
    try:
        return parsedate_to_datetime(shown)
    except (ValueError, TypeError, IndexError):
        return None


def _formatted(words: str) -> datetime | date | None:
    zone = _ZONE.search(words)
    bare = words[: zone.start()] if zone else words
    for form in _FORMATS:
        try:
            read = datetime.strptime(bare, form)  # noqa: DTZ007  the zone is what _latest decides
        except ValueError:
            continue
        if not _TIMED.search(form):
            return read.date()
        return read.replace(tzinfo=timezone(timedelta(hours=_NAMED_ZONES[zone[1]]))) if zone else read
    return None


def _slashed(match: re.Match[str], fetched: datetime) -> datetime | None:
    """Read 3/4/2025: month first or day first."""
    first, second, year = (int(match[n]) for n in (1, 2, 3))
    days = sorted({d for d in (_day(year, first, second), _day(year, second, first)) if d is not None}, reverse=True)
    past = [d for d in days if _start(d) <= fetched]
    return _latest_of((past or days)[0], fetched) if days else None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _latest(read: datetime | date, fetched: datetime) -> datetime:
    if not isinstance(read, datetime):
        return _latest_of(read, fetched)
    if read.tzinfo is not None:
        return read.astimezone(UTC)
    return _capped(read.replace(tzinfo=_EASTERNMOST), read.replace(tzinfo=_WESTERNMOST), fetched)


def _latest_of(day: date, fetched: datetime) -> datetime:
    return _capped(_start(day), datetime.combine(day, time(23, 59, 59), _WESTERNMOST), fetched)


def _start(day: date) -> datetime:
    return datetime.combine(day, time(0), _EASTERNMOST)


def _capped(earliest: datetime, latest: datetime, fetched: datetime) -> datetime:
    """Return the latest reading, but not after the fetch where an earlier reading was possible."""
    latest = latest.astimezone(UTC)
    return min(latest, fetched) if earliest <= fetched else latest
