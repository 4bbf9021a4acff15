from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from lode.errors import QueryRefusedError, WarehouseError
from lode.settings import Settings
from lode.warehouse import Warehouse, open_warehouse

SECRET = "the content of a file outside"

REFUSED = [
    # writes
    "INSERT INTO lineage VALUES ('a', 'b', 'c', 'd')",
    "INSERT INTO lineage SELECT 'a', 'b', 'c', 'd'",
    "INSERT INTO FUNCTION file('{out}', 'CSV', 'a Int8') VALUES (1)",
    "/* SELECT */ INSERT INTO lineage VALUES ('a', 'b', 'c', 'd')",
    "CREATE TABLE x (a Int8) ENGINE = Memory",
    "CREATE TEMPORARY TABLE x (a Int8)",
    "CREATE TABLE x ENGINE = File(CSV, '{secret}')",
    "CREATE VIEW v AS SELECT * FROM file('{secret}', 'LineAsString')",
    "CREATE DICTIONARY d (a UInt64) PRIMARY KEY a SOURCE(FILE(path '{secret}' format 'CSV')) LAYOUT(FLAT())",
    "CREATE FUNCTION f AS x -> file(x)",
    "CREATE USER bob",
    "DROP TABLE bars",
    "TRUNCATE TABLE bars",
    "ALTER TABLE bars DELETE WHERE 1",
    "ALTER TABLE bars DROP COLUMN open",
    "DELETE FROM bars WHERE 1",
    "UPDATE bars SET open = 1 WHERE 1",
    "OPTIMIZE TABLE bars FINAL",
    "RENAME TABLE bars TO rabs",
    "EXCHANGE TABLES bars AND facts",
    "DETACH TABLE bars",
    "ATTACH TABLE bars",
    "UNDROP TABLE bars",
    # the server itself
    "SYSTEM FLUSH LOGS",
    "SYSTEM SHUTDOWN",
    "KILL QUERY WHERE 1",
    "BACKUP DATABASE lode TO File('{out}')",
    "RESTORE DATABASE lode FROM File('{secret}')",
    "GRANT ALL ON *.* TO default",
    "SET ROLE writer",
    "SET readonly = 0",
    "SET max_execution_time = 0",
    "USE system",
    "USE default",
    "EXECUTE AS default SELECT 1",
    "BEGIN TRANSACTION",
    # more than one statement
    "SELECT 1; DROP TABLE bars",
    "SELECT 1; SELECT 2",
    "SELECT 1 PARALLEL WITH SELECT 2",
    # files, written and read
    "SELECT 1 INTO OUTFILE '{out}'",
    "SELECT 1 INTO OUTFILE '{out}' TRUNCATE FORMAT CSV",
    "SELECT 1 iNtO/**/oUtFiLe '{out}'",
    "SELECT * FROM file('{secret}', 'LineAsString')",
    "SELECT * FROM FILE('{secret}', 'LineAsString')",
    "SELECT * FROM `file`('{secret}', 'LineAsString')",
    "SELECT * FROM \"file\"('{secret}', 'LineAsString')",
    "SELECT * FROM file /* a comment */ ('{secret}', 'LineAsString')",
    "SELECT * FROM file -- a comment\n('{secret}', 'LineAsString')",
    "SELECT /* ' */ * FROM file('{secret}', 'LineAsString') /* ' */",
    "FROM file('{secret}', 'LineAsString') SELECT *",
    "WITH x AS (SELECT * FROM file('{secret}', 'LineAsString')) SELECT * FROM x",
    "SELECT (SELECT any(line) FROM file('{secret}', 'LineAsString'))",
    "SELECT 1 WHERE 'a' IN (SELECT line FROM file('{secret}', 'LineAsString'))",
    "SELECT 1 UNION ALL SELECT 1 FROM file('{secret}', 'LineAsString')",
    "SELECT * FROM view(SELECT * FROM file('{secret}', 'LineAsString'))",
    "SELECT * FROM numbers(1) AS n JOIN file('{secret}', 'LineAsString') AS f ON 1 = 1",
    "EXPLAIN SELECT * FROM file('{secret}', 'LineAsString')",
    "EXPLAIN SELECT file('{secret}')",
    "DESCRIBE TABLE file('{secret}')",
    "DESCRIBE (SELECT file('{secret}'))",
    "SELECT file('{secret}')",
    "SELECT FILE('{secret}')",
    "SELECT `file`('{secret}')",
    "WITH file('{secret}') AS x SELECT x",
    "SELECT arrayMap(x -> file(x), ['{secret}'])",
    "SELECT arrayMap(file, ['{secret}'])",
    "SELECT arrayMap(`file`, ['{secret}'])",
    "SELECT * APPLY(file) FROM (SELECT '{secret}' AS a)",
    "SELECT COLUMNS('a') APPLY file FROM (SELECT '{secret}' AS a)",
    "SELECT sum(1) OVER (PARTITION BY file('{secret}'))",
    "SELECT * FROM default.`{secret}`",
    "SELECT * FROM `{secret}`",
    'SELECT * FROM "default"."{secret}"',
    "SELECT 'a' IN default.`{secret}`",
    "SELECT * FROM {{t:Identifier}}",
    "SELECT * FROM {{d:Identifier}}.{{t:Identifier}}",
    "DESCRIBE TABLE default.`{secret}`",
    "SELECT * FROM merge('default', '.*')",
    "SELECT * FROM loop(default, `{secret}`)",
    "SELECT * FROM filesystem('{folder}')",
    "SELECT * FROM fileCluster('default', '{secret}', 'LineAsString')",
    "SELECT * FROM mergeTreeIndex('lode', 'bars')",
    "SELECT * FROM eval('SELECT 1')",
    "SELECT * FROM sqlite('{secret}', 't')",
    "SELECT * FROM arrowstream('{secret}')",
    "SELECT * FROM input('a Int8')",
    # other programs and other machines
    "SELECT * FROM executable('id', 'LineAsString', 'x String')",
    "SELECT * FROM url('http://127.0.0.1:9/x', 'LineAsString', 'x String')",
    "SELECT * FROM urlCluster('default', 'http://127.0.0.1:9/x', 'LineAsString', 'x String')",
    "SELECT * FROM s3('http://127.0.0.1:9/b/x', 'CSV', 'x String')",
    "SELECT * FROM gcs('http://127.0.0.1:9/b/x', 'CSV', 'x String')",
    "SELECT * FROM hdfs('hdfs://127.0.0.1:9/x', 'CSV', 'x String')",
    "SELECT * FROM azureBlobStorage('http://127.0.0.1:9/', 'c', 'x')",
    "SELECT * FROM remote('127.0.0.1:9', 'system.one')",
    "SELECT * FROM remoteSecure('127.0.0.1:9', 'system.one')",
    "SELECT * FROM cluster('default', 'system.one')",
    "SELECT * FROM mysql('127.0.0.1:9', 'd', 't', 'u', 'p')",
    "SELECT * FROM postgresql('127.0.0.1:9', 'd', 't', 'u', 'p')",
    "SELECT * FROM mongodb('127.0.0.1:9', 'd', 't', 'u', 'p', 'a Int8')",
    "SELECT * FROM redis('127.0.0.1:9', 'k', 'k String, v String')",
    "SELECT * FROM odbc('DSN=x', 'd', 't')",
    "SELECT * FROM jdbc('x', 'd', 't')",
    "SELECT * FROM iceberg('http://127.0.0.1:9/x')",
    "SELECT * FROM deltaLake('http://127.0.0.1:9/x')",
    "SELECT * FROM python(rows)",
    "SELECT * FROM Python(__main__)",
    "SELECT * FROM PYTHON('os')",
    "SELECT * FROM dictionary('d')",
    "SELECT dictGet('d', 'a', 1)",
    "SELECT dictGetString('d', 'a', toUInt64(1))",
    "SELECT joinGet('j', 'a', 1)",
    "SELECT hasColumnInTable('default', '{secret}', 'a')",
    "SELECT catboostEvaluate('{secret}', 1)",
    # settings, and tables that tell of other sessions
    "SELECT 1 SETTINGS readonly = 0",
    "SELECT 1 SETTINGS max_execution_time = 0",
    "SELECT 1 FORMAT Template SETTINGS format_template_row = '{secret}'",
    "SELECT * FROM system.processes",
    "SELECT * FROM `system`.`processes`",
    "SELECT * FROM system.users",
    "SELECT * FROM system.query_log",
]

ALLOWED = [
    "SELECT 1",
    "select 1;",
    "SELECT 'file(''x'') INTO OUTFILE; DROP TABLE bars'",
    "SELECT 1 -- file('/etc/passwd')",
    "SELECT 1 /* INSERT INTO bars */",
    "SELECT 'a\nFunction file (children 1)' AS url",
    "WITH x AS (SELECT 1 AS a) SELECT * FROM x",
    "SELECT url, title FROM articles FINAL",
    "SELECT count() FROM bars FINAL",
    "SELECT b.source FROM lode.bars AS b LEFT JOIN imports USING source",
    "SELECT arrayMap(x -> x + 1, [1, 2])",
    "SELECT format('{{}}', 1)",
    "SELECT * FROM numbers(3)",
    "SELECT * FROM values('a Int8, b String', (1, 'x'))",
    "SELECT * FROM generateSeries(1, 3)",
    "SELECT * FROM view(SELECT 1)",
    "SELECT max(x) OVER () FROM (SELECT number AS x FROM numbers(3))",
    "SHOW TABLES",
    "SHOW TABLES FROM lode LIKE '%s'",
    "SHOW CREATE TABLE bars",
    "DESCRIBE TABLE bars",
    "EXISTS TABLE bars",
    "EXPLAIN SELECT count() FROM bars",
    "SELECT name FROM system.tables WHERE database = 'lode'",
    "SELECT name FROM system.columns WHERE table = 'bars'",
    "SELECT table_name FROM information_schema.tables",
    "SELECT version()",
]


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outside")
    (folder / "secret.csv").write_text(f"{SECRET}\n")
    return folder


@pytest.mark.parametrize("template", REFUSED)
def test_read_only_sessions_refuse(reader: Warehouse, writer: Warehouse, outside: Path, template: str) -> None:
    secret, out = outside / "secret.csv", outside / "out.csv"
    sql = template.format(secret=secret, out=out, folder=outside)
    params = {name: value for name, value in {"t": str(secret), "d": "default"}.items() if f"{{{name}:" in sql}
    with pytest.raises(WarehouseError) as refusal:
        print(reader.query(sql, **params))
    assert (
        isinstance(refusal.value, QueryRefusedError)
        or "UNKNOWN_TABLE" in str(refusal.value)
        or "Syntax" in str(refusal.value)
    )
    assert SECRET not in str(refusal.value)
    assert not out.exists()
    assert "bars" in writer.query("SHOW TABLES")["name"].to_list()


@pytest.mark.parametrize("template", ALLOWED)
def test_read_only_sessions_allow(reader: Warehouse, template: str) -> None:
    assert isinstance(reader.query(template.format()), pl.DataFrame)


def test_a_refused_statement_leaves_the_session_usable(reader: Warehouse) -> None:
    with pytest.raises(QueryRefusedError, match="reads the warehouse's tables"):
        reader.query("SET ROLE writer")
    with pytest.raises(QueryRefusedError):
        reader.command("INSERT INTO lineage VALUES ('a', 'b', 'c', 'd')")
    with pytest.raises(QueryRefusedError):
        reader.insert("lineage", pl.DataFrame({"run": ["r"], "factor": ["f"], "parent": ["p"], "operation": ["o"]}))
    assert reader.query("SELECT 1 AS x")["x"].to_list() == [1]


def test_a_long_query_ends_at_the_limit(served: Settings) -> None:
    hasty = served.model_copy(update={"query_limit": 0.3})
    with (
        open_warehouse(hasty, access="read") as warehouse,
        pytest.raises(WarehouseError, match=r"raise LODE_QUERY_LIMIT \(now 0.3 s\)"),
    ):
        warehouse.query("SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))")
