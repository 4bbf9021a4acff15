"""What makes two results the same article: its canonical address.

Scheme and host in lower case, https for http, no default port, no fragment, no tracking parameters, the others sorted,
no slash at the end; the AMP page and the mobile host (`m.`, `mobile.`, `amp.`) of an article stand for it, and AMP
caches for what they cache. `www.` stays, so that the address can be opened.
"""

from __future__ import annotations

import hashlib
import re
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit

_TRACKING = re.compile(
    r"utm_.*|[a-z]*clid|gad_(?:source|campaignid)|[gw]braid|_hs(?:enc|mi)|s_kwcid|vero_(?:conv|id)|mc_[ce]id|"
    r"_ga|_gl|igshid?|ocid|cvid|cmpid|ncid|guccounter|guce_referrer.*|soc_(?:src|trk)|"
    r"\.?tsrc|smid|smtyp|ito|taid|sr_share|fbc_.*|wt\.mc_id|mkt_tok|rss|ref_src|ref_url|cmp|partner|yptr|"
    r"amp|outputtype|output",
    re.IGNORECASE,
)
_KEPT_UNLESS_AMP = {"amp": {"", "1", "true"}, "outputtype": {"amp"}, "output": {"amp"}, "rss": {"", "1"}}
_HOST = re.compile(r"[^\s/@:]+")
_MOBILE = re.compile(r"^(?:m|mobile|amp)\.(?=[^.]+\.)")
_AMP_PATH = re.compile(r"/amp(?:/|$)|\.amp(?=\.html?$|$)", re.IGNORECASE)
_CACHES = (
    re.compile(r"^https?://(?:www\.)?google\.[a-z.]+/amp/(?:s/)?(.+)$", re.IGNORECASE),
    re.compile(r"^https?://[a-z0-9-]+\.cdn\.ampproject\.org/[civ]/(?:s/)?(.+)$", re.IGNORECASE),
)
_SAFE = "/%:@!$&'()*+,;=~-._"


def canonical_url(url: str) -> str | None:
    """The article's one address; None for what is no web address."""
    parts = _split(_uncached(url.strip()))
    if parts is None or not parts.hostname or not _HOST.fullmatch(parts.hostname):
        return None
    host = _MOBILE.sub("", parts.hostname.lower().rstrip("."))
    port = "" if parts.port in (None, 80, 443) else f":{parts.port}"
    path = quote(_without_amp(parts.path), safe=_SAFE).rstrip("/")
    query = urlencode(sorted((n, v) for n, v in parse_qsl(parts.query, keep_blank_values=True) if not _tracks(n, v)))
    return f"https://{host}{port}{path or '/'}{'?' if query else ''}{query}"


def article_id(canonical: str) -> str:
    """The article's permanent id: the beginning of its canonical address's sha256, 32 hexadecimal digits."""
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  raises where it is no number
    except ValueError:
        return None
    return parts if parts.scheme.lower() in ("http", "https") else None


def _uncached(url: str) -> str:
    for cache in _CACHES:
        if match := cache.match(url):
            return f"https://{match[1]}"
    return url


def _without_amp(path: str) -> str:
    shorter = _AMP_PATH.sub(lambda m: "/" if m[0].startswith("/") and m[0].endswith("/") else "", path, count=1)
    return shorter if shorter.strip("/") else path


def _tracks(name: str, value: str) -> bool:
    if name.lower() in _KEPT_UNLESS_AMP:
        return value.lower() in _KEPT_UNLESS_AMP[name.lower()]
    return _TRACKING.fullmatch(name) is not None
