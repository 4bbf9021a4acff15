"""Rows of what filings say: each held against the previous filing of its form by the same company."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from lode.collect.sec.text import TextFeatures, similarity
from lode.warehouse.stores.filings import TEXT_COLUMNS


@dataclass(frozen=True)
class Measured:
    """A document's features, and where its bytes are in the lake."""

    features: TextFeatures
    key: str


def text_rows(
    cik: int,
    filings: pl.DataFrame,
    measured: Mapping[str, Measured],
    model: str,
    recall: Callable[[str], Measured | None],
) -> pl.DataFrame:
    """One row per measured filing, by TEXT_COLUMNS, in the order of acceptance.

    filings: all of the company's (accession, form, knowledge_time, lake_key); the previous of a filing is the latest
    of its form that was known before it. Where its document was not collected, the similarity is missing. recall:
    returns a document of an earlier collection by its lake key.
    """
    rows = []
    ordered = filings.sort("knowledge_time", "accession")
    for (form,), same in ordered.group_by("form", maintain_order=True):
        earlier: Measured | None = None
        before = ""
        listed = list(same.select("accession", "knowledge_time", "lake_key").iter_rows())
        wanted = {after[0]: at[2] for at, after in pairwise(listed) if after[0] in measured}
        for accession, known, _ in listed:
            here = measured.get(accession)
            if here is not None:
                if earlier is None and wanted.get(accession):
                    earlier = recall(wanted[accession])
                rows.append(_row(cik, str(form), accession, known, model, here, earlier, before))
            earlier, before = here, accession
    return pl.DataFrame(rows, schema=TEXT_COLUMNS)


def _row(
    cik: int,
    form: str,
    accession: str,
    known: object,
    model: str,
    here: Measured,
    earlier: Measured | None,
    before: str,
) -> dict[str, object]:
    features = here.features
    return {
        "cik": cik,
        "accession": accession,
        "form": form,
        "model": model,
        "knowledge_time": known,
        "words": features.words,
        "tone": features.tone,
        "readability": features.readability,
        "similarity": similarity(features.counts, earlier.features.counts) if earlier else None,
        "previous": before if earlier else "",
        "lake_key": here.key,
    }
