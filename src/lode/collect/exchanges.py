"""Whose sessions an instrument keeps: Yahoo's names of exchanges, and the calendar that each stands for.

Sources that answer with Yahoo's names (COLLECTED) are held against the exchange that was recorded with the instrument;
own files are held against the default. A name that is not in the table is refused, but for one in New York's time zone:
that is held against New York, and the report and a finding say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from lode.calendar import DEFAULT_EXCHANGE
from lode.collect.yahoo import SOURCE as YAHOO
from lode.collect.yfinance_client import SOURCE as YFINANCE
from lode.errors import CollectError
from lode.warehouse import Warehouse
from lode.warehouse.stores.instruments import read_instruments, resolve

ASSUMED = "assumed exchange"
COLLECTED = frozenset({YAHOO, YFINANCE})
NEW_YORK = "America/New_York"

_NAMES = {
    # the Americas; OTC, funds and indices of New York keep its sessions
    "XNYS": "NMS NGM NCM NAS NIM NYQ NYS ASE PCX BTS NAE OEM PNK OQB OQX OTC YHD SNP DJI CXI WCB CGI CBO",
    "XTSE": "TOR VAN CNQ NEO",
    "XMEX": "MEX",
    "BVMF": "SAO",
    "XBUE": "BUE",
    "XSGO": "SGO",
    "XBOG": "BVC",
    # Europe; a market without a calendar of its own has that of its country which closes last
    "XLON": "LSE IOB AQS CXE FGI",
    "XDUB": "ISE",
    "XETR": "GER",
    "XFRA": "FRA",
    "XDUS": "DUS BER MUN",
    "XHAM": "HAM HAN",
    "XSTU": "STU",
    "XEUR": "EUX",
    "XPAR": "PAR ENX",
    "XAMS": "AMS DXE",
    "XBRU": "BRU",
    "XLIS": "LIS",
    "XMIL": "MIL MDD TLO",
    "XMAD": "MCE MAD BAR",
    "XSWX": "EBS ZRH",
    "XWBO": "VIE",
    "XOSL": "OSL",
    "XSTO": "STO",
    "XCSE": "CPH",
    "XHEL": "HEL",
    "XICE": "ICE",
    "XTAL": "TAL",
    "XRIS": "RIS",
    "XLIT": "LIT",
    "XWAR": "WSE",
    "XPRA": "PRA",
    "XBUD": "BUD",
    "XBSE": "BVB",
    "ASEX": "ATH",
    "XIST": "IST",
    "XMOS": "MCX",
    # Asia, Africa, the Pacific
    "XTKS": "JPX OSA FKA SAP",
    "XKRX": "KSC KOE",
    "XSHG": "SHH SHZ",
    "XHKG": "HKG",
    "XTAI": "TAI TWO",
    "XSES": "SES",
    "XKLS": "KLS",
    "XIDX": "JKT",
    "XBKK": "SET",
    "XPHS": "PHS PHP",
    "XBOM": "NSI BSE",
    "XKAR": "KAR",
    "XTAE": "TLV",
    "XSAU": "SAU",
    "XJSE": "JNB",
    "XASX": "ASX CXA",
    "XNZE": "NZE",
    # round the clock: crypto currencies every day, currencies on weekdays; futures of CME's markets and of ICE
    "24/7": "CCC",
    "24/5": "CCY",
    "CMES": "CME CBT CMX NYM",
    "IEPA": "NYB",
}
EXCHANGES: Mapping[str, str] = {name: exchange for exchange, names in _NAMES.items() for name in names.split()}


def exchange_of(name: str, time_zone: str) -> str:
    """Return the exchange whose sessions Yahoo's `name` keeps.

    Raises CollectError for an unknown name, but for one in New York's time zone, see `assumed_exchanges`.
    """
    if name in EXCHANGES:
        return EXCHANGES[name]
    if time_zone == NEW_YORK:
        return DEFAULT_EXCHANGE
    raise CollectError(
        f"the sessions of exchange {name!r} ({time_zone or 'no time zone'}) are not known, so nothing is stored; its "
        f"bytes are in the lake. Known are {', '.join(sorted(EXCHANGES))}: report it, and `lode collect market "
        "--reparse` brings the rows once it is known"
    )


def assumed_exchanges(warehouse: Warehouse, instruments: Sequence[str]) -> dict[str, str]:
    """Return which of these instruments keep New York's sessions only because their time zone is its, and why."""
    details = read_instruments(warehouse, instruments).filter(pl.col("time_zone") == NEW_YORK)
    return {
        instrument: f"exchange {name!r} is not known; its sessions are taken as those of {DEFAULT_EXCHANGE}, since its "
        f"time zone is {NEW_YORK}"
        for instrument, name in details.select("instrument", "exchange").iter_rows()
        if name not in EXCHANGES
    }


def exchanges_of(warehouse: Warehouse, source: str, instruments: Sequence[str]) -> dict[str, str]:
    """Return the exchange of each of a source's instruments; the default for own files and where none was recorded."""
    found = dict.fromkeys(instruments, DEFAULT_EXCHANGE)
    if source in COLLECTED:
        details = read_instruments(warehouse, sorted(found)).select("instrument", "exchange", "time_zone")
        found |= {i: exchange_of(name, zone) for i, name, zone in details.iter_rows() if name or zone}
    return found


def known_exchanges(warehouse: Warehouse, source: str, symbols: Sequence[str]) -> dict[str, str]:
    """Return the exchange by ticker, of those tickers whose exchange was recorded."""
    ids = resolve(warehouse, symbols)
    details = read_instruments(warehouse, sorted(set(ids.values())))
    recorded = details.filter((pl.col("exchange") != "") | (pl.col("time_zone") != ""))["instrument"].to_list()
    exchanges = exchanges_of(warehouse, source, recorded)
    return {symbol: exchanges[name] for symbol, name in ids.items() if name in exchanges}


def by_exchange(bars: pl.DataFrame, exchanges: Mapping[str, str]) -> list[tuple[str, pl.DataFrame]]:
    """Divide rows by the exchange of their `instrument`, in the order in which exchanges first occur."""
    told = pl.col("instrument").replace_strict(exchanges, return_dtype=pl.String).alias("_exchange")
    parts = bars.with_columns(told).partition_by("_exchange", maintain_order=True)
    return [(part["_exchange"][0], part.drop("_exchange")) for part in parts]
