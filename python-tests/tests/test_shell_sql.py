"""The SQL of osquery: functions that SQLite has not, what statements may do, and how tables look to them."""

from __future__ import annotations

import pytest

from support.shell import Shell

pytestmark = pytest.mark.agent

#: Expressions and what they print; NULL as `NULL`.
VALUES: tuple[tuple[str, str], ...] = (
    # Pieces: any of the characters divides, empty ones are left out.
    ("split('a,b,c', ',', 0)", "a"),
    ("split('a,,c', ',', 1)", "c"),
    ("split('a b,c', ' ,', 1)", "b"),
    ("split('a:b.c', ':.', 2)", "c"),
    ("split('::a::b', ':', 0)", "a"),
    ("split('a', ',', 1)", "NULL"),
    ("split('a', ',', -1)", "NULL"),
    ("split(NULL, ',', 0)", "NULL"),
    ("split('', ',', 0)", "NULL"),
    ("regex_split('a1b22c', '[0-9]+', 1)", "b"),
    ("regex_split('a1b22c', '[0-9]+', 2)", "c"),
    ("regex_split('1a2', '[0-9]', 0)", ""),
    ("regex_split('abc', '[0-9]', 0)", "abc"),
    ("regex_split('abc', '[0-9]', 1)", "NULL"),
    ("regex_match('hello world', '(l+)o', 0)", "llo"),
    ("regex_match('hello world', '(l+)o', 1)", "ll"),
    ("regex_match('hello', 'x', 0)", "NULL"),
    ("regex_match('', '', 0)", ""),
    ("regex_match('a(b)?', '(c)?', 1)", ""),
    ("regex_match('a1', '[[:alpha:]]\\d', 0)", "a1"),
    # Texts.
    ("concat('a', 1, NULL, 'b', 2.5)", "a1b2.5"),
    ("concat(NULL)", ""),
    ("concat()", "NULL"),
    ("concat_ws('-', '', 'a')", "-a"),
    ("concat_ws('-', 'a', NULL, 'b')", "a-b"),
    ("concat_ws(NULL, 'a', 'b')", "ab"),
    ("concat_ws('-')", "NULL"),
    ("parent_directory('/a/b/c')", "/a/b"),
    ("parent_directory('/a/b/')", "/a/b"),
    ("parent_directory('/a')", ""),
    ("parent_directory('a')", "NULL"),
    # Addresses.
    ("inet_aton('1.2.3.4')", "16909060"),
    ("inet_aton('255.255.255.255')", "4294967295"),
    ("inet_aton('1.2.3')", "NULL"),
    ("inet_aton('::1')", "NULL"),
    ("in_cidr_block('10.0.0.0/8', '10.1.2.3')", "1"),
    ("in_cidr_block('10.1.2.3/8', '10.200.0.1')", "1"),
    ("in_cidr_block('10.0.0.0/8', '11.0.0.1')", "0"),
    ("in_cidr_block('fe80::/10', 'fe80::1')", "1"),
    ("community_id_v1('1.2.3.4', '5.6.7.8', 1122, 3344, 6)", "1:wCb3OG7yAFWelaUydu0D+125CLM="),
    ("community_id_v1('5.6.7.8', '1.2.3.4', 3344, 1122, 6)", "1:wCb3OG7yAFWelaUydu0D+125CLM="),
    ("community_id_v1('1.2.3.4', '5.6.7.8', 1122, 3344, 6, 1)", "1:HhA1B+6CoLbiKPEs5nhNYN4XWfk="),
    ("community_id_v1('1.2.3.4', '5.6.7.8', 8, 0, 1)", "1:crodRHL2FEsHjbv3UkRrfbs4bZ0="),
    ("community_id_v1('fe80::1', 'fe80::2', 8, 0, 58)", "1:3fbr9v5+yS4VvMYHtrttwWQvTCo="),
    # Digests and base64.
    ("md5('abc')", "900150983cd24fb0d6963f7d28e17f72"),
    ("md5(123)", "202cb962ac59075b964b07152d234b70"),
    ("md5(1.5)", "6008647277c4454cecd97d33c069f0ca"),
    ("md5(NULL)", "NULL"),
    ("sha1('abc')", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    ("sha256('abc')", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ("to_base64('hello')", "aGVsbG8="),
    ("from_base64('aGVsbG8')", "hello"),
    ("hex(from_base64('/wA='))", "FF00"),
    ("from_base64('*')", ""),
    ("conditional_to_base64('plain')", "plain"),
    ("conditional_to_base64('é')", "w6k="),
    ("conditional_to_base64(char(10))", "Cg=="),
    ("conditional_to_base64(x'ff00')", "/wA="),
    # Versions.
    ("version_compare('1.2.3', '1.2.10')", "-1"),
    ("version_compare('1.2', '1.2.0')", "-1"),
    ("version_compare('1.0a', '1.0b')", "-1"),
    ("version_compare('1.0-1', '1.0-2')", "-1"),
    ("version_compare('1.10', '1.9')", "1"),
    ("version_compare('1:1.0', '2.0', 'DPKG')", "1"),
    ("version_compare('1.0~rc1', '1.0', 'RHEL')", "-1"),
    ("version_compare('1.0', '1.0-1', 'ARCH')", "0"),
    ("('1:1' COLLATE version_rhel) > '2'", "1"),
    # Numbers.
    ("sqrt(16)", "4.0"),
    ("power(2, 10)", "1024.0"),
    ("ceil(1.2)", "2"),
    ("floor(1.8)", "1"),
    ("ceil('abc')", "0"),
    ("sqrt('x')", "0.0"),
    ("sqrt(NULL)", "NULL"),
    ("cot(0)", "Inf"),
    ("exp(1000)", "Inf"),
    ("pi()", "3.14159265358979"),
    ("log10(1000)", "3.0"),
    # Else.
    ("sleep(0)", "0"),
    ("sleep(NULL)", "0"),
    ("is_path_deterministic('/a/%')", "1"),
    ("find_file_path_in_cmd('/etc/passwd -la /tmp')", "/etc/passwd"),
    ("find_file_path_in_cmd('no such file')", ""),
    ("json_extract('{\"a\": [1, 2]}', '$.a[1]')", "2"),
    ("'{\"a\": 5}' ->> 'a'", "5"),
)

#: Functions of SQLite that osquery's is built without.
MISSING = ("ln(1)", "pow(1, 2)", "trunc(1.5)", "mod(1, 2)", "reverse('ab')", "square(2)")

#: Statements, and what the last of them prints.
ALLOWED: tuple[tuple[str, str], ...] = (
    ("CREATE TABLE a(x INTEGER PRIMARY KEY, y DEFAULT 'q'); INSERT INTO a(x) VALUES(1), (2); SELECT * FROM a", "1|q\n2|q\n"),
    ("CREATE TABLE a(x); INSERT INTO a VALUES(1); UPDATE a SET x = 2; SELECT * FROM a", "2\n"),
    ("CREATE TABLE a(x); INSERT INTO a VALUES(1), (2); DELETE FROM a WHERE x = 1; SELECT * FROM a", "2\n"),
    ("CREATE TEMP TABLE t(x); INSERT INTO t VALUES(1); SELECT * FROM t", "1\n"),
    ("CREATE VIEW v AS SELECT 1 AS x; SELECT * FROM v; DROP VIEW v", "1\n"),
    ("BEGIN; COMMIT; SELECT 1", "1\n"),
    ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT sum(i) FROM n", "6\n"),
    ("SELECT row_number() OVER (ORDER BY column1 DESC) FROM (VALUES (1), (2))", "1\n2\n"),
    ("SELECT value FROM json_each('[1, 2]')", "1\n2\n"),
    ("PRAGMA journal_mode", "off\n"),
    ("PRAGMA case_sensitive_like = 1; SELECT count(*) FROM users WHERE username LIKE 'ROOT'", "0\n"),
    ("SELECT count(*) FROM users WHERE username LIKE 'ROOT'", "1\n"),
    ("SELECT count(*) > 100 FROM pragma_function_list", "1\n"),
    ("DROP TABLE users; SELECT 1", "1\n"),
)


@pytest.mark.parametrize(("expression", "printed"), VALUES)
def test_a_function(shell: Shell, expression: str, printed: str) -> None:
    run = shell.run("--list", "--noheader", "--nullvalue=NULL", f"SELECT {expression} AS value")
    assert (run.text, run.complaint, run.code) == (f"{printed}\n", "", 0)


@pytest.mark.parametrize("call", MISSING)
def test_a_function_that_is_not_there(shell: Shell, call: str) -> None:
    run = shell.run(f"SELECT {call}")
    name = call.split("(")[0]
    assert (run.complaint.splitlines()[0], run.code) == (f"Error: no such function: {name}", 1)


@pytest.mark.parametrize(("sql", "printed"), ALLOWED)
def test_what_statements_may_do(shell: Shell, sql: str, printed: str) -> None:
    run = shell.run("--list", "--noheader", sql)
    assert (run.text, run.complaint, run.code) == (printed, "", 0)


def test_how_tables_look(shell: Shell) -> None:
    """Virtual tables are in the temporary schema, views of other names in the main one."""
    script = (
        "SELECT sql FROM sqlite_temp_master WHERE name = 'time';\n"
        "SELECT count(*) FROM sqlite_temp_master WHERE type <> 'table' OR rootpage <> 0;\n"
        "SELECT sql FROM sqlite_master WHERE name = 'hosts';\n"
        "SELECT count(*) FROM (SELECT * FROM hosts EXCEPT SELECT * FROM etc_hosts);\n"
    )
    run = shell.run("--list", "--noheader", stdin=script)
    view = "CREATE VIEW hosts AS SELECT * FROM etc_hosts"
    assert run.text.splitlines() == ["CREATE VIRTUAL TABLE time USING time", "0", view, "0"]


def test_hidden_columns(shell: Shell) -> None:
    """Not in `*` nor in table_info, but they can be named."""
    star = shell.run("--csv", "SELECT * FROM users LIMIT 1").text.splitlines()[0].split("|")
    info = shell.run("--list", "--noheader", "SELECT name FROM pragma_table_info('users')").text.split()
    everything = shell.run("--list", "--noheader", "SELECT name FROM pragma_table_xinfo('users')").text.split()
    assert star == info == everything[: len(star)] and "include_remote" in everything
    assert shell.run("SELECT include_remote FROM users").code == 0


def test_numbers_and_texts_are_compared_by_their_columns(shell: Shell) -> None:
    """A number that is written as a text is found; one that is written otherwise is another text."""
    root = "SELECT count(*) FROM users WHERE uid "
    for condition in ("= 0", "= '0'", "= 0.0", "IN (0)", "BETWEEN 0 AND 0"):
        assert shell.run("--list", "--noheader", root + condition).text == "1\n", condition


@pytest.mark.parametrize(("given", "one_shot", "prompt"), [("false", "true", "false"), ("true", "true", "true")])
def test_events_are_off_in_a_shell(shell: Shell, given: str, one_shot: str, prompt: str) -> None:
    """Always where it runs once; at a terminal unless they are wanted."""
    sql = "SELECT value FROM osquery_flags WHERE name = 'disable_events'"
    assert shell.run("--list", "--noheader", f"--disable_events={given}", sql).text == f"{one_shot}\n"
    with shell.terminal("--list", "--noheader", f"--disable_events={given}", columns=100) as terminal:
        terminal.ready()
        assert terminal.enter(f"{sql};") == [prompt]
