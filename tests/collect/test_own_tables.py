"""Files of one's own, of whichever kind."""

import pytest

from lode.collect.own_tables import load_body
from lode.errors import DataError, NotFoundError


def test_what_cannot_be_read_is_said_without_a_guess_at_what_it_holds(tmp_path):
    """The same words for facts, members and values as for bars."""
    path = tmp_path / "facts.csv"
    with pytest.raises(NotFoundError, match=r"no file .*facts\.csv; give the path of a CSV or Parquet file$"):
        load_body(path)
    path.write_bytes(b"")
    with pytest.raises(DataError, match=r"facts\.csv is empty; it needs the names of its columns, and rows$"):
        load_body(path)
    with pytest.raises(DataError, match="cannot read"):
        load_body(tmp_path)
