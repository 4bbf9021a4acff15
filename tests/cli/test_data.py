"""What `lode sql` refuses before anything is asked."""

import pytest

from lode.cli.data import sql_command
from lode.errors import UsageError


@pytest.mark.parametrize("end", ["FORMAT Vertical", "format JSON ;"])
def test_a_format_in_the_query_is_an_option(end: str) -> None:
    with pytest.raises(UsageError, match=f"the query ends with `{end}`: leave that out and give --format"):
        sql_command(f"SELECT 1 {end}")
