from __future__ import annotations

import urllib3

from lode.settings import Settings
from lode.warehouse.owner.launcher import find_owner
from lode.warehouse.owner.sessions import literal, reader_settings


def test_a_reader_chooses_how_its_answer_looks_and_nothing_else() -> None:
    chosen = {"output_format_json_quote_64bit_integers": "1", "max_threads": "1"}
    refused = {"readonly": "0", "max_execution_time": "0", "output_format_schema": "/x", "format_template_row": "/x"}
    assert reader_settings(chosen | refused) == chosen


def test_settings_of_the_url_do_not_widen_a_reader(served: Settings, writer: object) -> None:
    state = find_owner(served.warehouse_folder)
    assert state is not None
    url = f"http://127.0.0.1:{state.port}/?readonly=0&max_execution_time=0&database=system&role=writer&query=SELECT%20"
    headers = {"X-ClickHouse-User": "reader", "X-ClickHouse-Key": state.reader_token}
    seen = "getSetting('readonly'), getSetting('max_execution_time'), currentDatabase(), currentRoles()"
    assert urllib3.request("GET", url + seen, headers=headers).data == b"1\t20\tlode\t['reader']\n"


def test_texts_are_written_as_clickhouse_reads_them() -> None:
    assert literal("it's \\ here") == "'it\\'s \\\\ here'"
