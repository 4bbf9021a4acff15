"""When EDGAR accepted a filing, out of stamps whose time zone is not what they say.

`acceptanceDateTime` ends in Z everywhere, but part of the records carry New York's digits: AAPL's 10-K of 2023
(0000320193-23-000106) says 18:08:27Z and was accepted at 18:08:27 in New York, as its filing date shows. EDGAR accepts
from 6:00 to 22:00 New York on working days; what comes after 17:30 has the next working day as its filing date, but
for ownership reports, which keep the day (EDGAR Filer Manual, volume II, 3.2). Each record is decided by that; where
both readings agree with it, or none, the later one stands: what is known too early would be a leak. A stamp of more
than a long weekend before its filing date is of something else, and counts for nothing.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
_OPENS, _LATE, _CLOSES = time(6), time(17, 30, 59), time(22, 0, 59)
_KEEP_THE_DAY = ("SC 13", "SCHEDULE 13", "144", "CORRESP", "UPLOAD")
_OWNERSHIP = frozenset({"3", "4", "5", "3/A", "4/A", "5/A"})
_LAST_YEAR = 2199
_LONGEST_BREAK = 5  # calendar days from an evening to the next working day, over a weekend with a holiday


def acceptance_time(stamp: str, filed: date, form: str) -> datetime | None:
    """UTC time of acceptance; None where the stamp is no time, a date alone (midnight, as old records have it), or
    lies long before the filing date.
    """  # noqa: D205  what is missing, in one sentence
    try:
        digits = datetime.fromisoformat(stamp).replace(tzinfo=None)
    except ValueError:
        return None
    if filed - digits.date() > timedelta(_LONGEST_BREAK) or digits.year > _LAST_YEAR:
        return None
    as_utc, as_local = digits.replace(tzinfo=UTC), digits.replace(tzinfo=NEW_YORK)
    if time() in (digits.time(), as_utc.astimezone(NEW_YORK).time()):
        return None
    only_utc = _agrees(as_utc.astimezone(NEW_YORK), filed, form) and not _agrees(as_local, filed, form)
    return as_utc if only_utc else as_local.astimezone(UTC)


def known_by(filed: date) -> datetime:
    """When a filing of an unknown hour was known for certain: its filing date's last second in New York (UTC)."""
    return datetime.combine(filed, time(23, 59, 59), NEW_YORK).astimezone(UTC)


def _agrees(local: datetime, filed: date, form: str) -> bool:
    """Tell whether EDGAR can have accepted a form at this New York time and given it this filing date."""
    if local.weekday() > 4 or not _OPENS <= local.time() <= _CLOSES:
        return False
    wait = filed - local.date()
    next_day = timedelta(0) < wait <= timedelta(_LONGEST_BREAK)
    if local.time() <= _LATE:
        return not wait
    return next_day or (not wait and (form in _OWNERSHIP or form.startswith(_KEEP_THE_DAY)))
