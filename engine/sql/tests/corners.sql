SELECT * FROM users
SELECT u.* FROM users u
SELECT count(*) FROM users
SELECT 1 FROM users, groups
SELECT rowid FROM mounts
SELECT oid, _rowid_ FROM etc_hosts
SELECT _row FROM users
SELECT uid AS x FROM users WHERE x > 1 ORDER BY x
SELECT "uid" FROM users WHERE "nothing" = 'a'
SELECT `uid` FROM users WHERE [gid] = 1
SELECT * FROM users JOIN groups USING (gid)
SELECT * FROM users NATURAL JOIN groups
SELECT gid FROM users JOIN groups USING (gid)
SELECT gid FROM users LEFT JOIN groups USING (gid)
SELECT gid FROM users RIGHT JOIN groups USING (gid)
SELECT gid FROM users FULL JOIN groups USING (gid)
SELECT * FROM users FULL JOIN groups USING (gid)
SELECT * FROM users RIGHT JOIN groups USING (gid)
SELECT gid FROM users, groups
SELECT * FROM users, users
SELECT * FROM users a, users b
SELECT a.*, b.uid FROM users a, users b
SELECT * FROM (users JOIN groups USING (gid))
SELECT * FROM (users JOIN groups USING (gid)) AS t
SELECT t.uid FROM (users JOIN groups USING (gid)) AS t
SELECT users.uid FROM (users JOIN groups USING (gid)) AS t
SELECT * FROM processes JOIN (users JOIN groups USING (gid)) USING (uid)
SELECT * FROM processes LEFT JOIN (users u JOIN groups g ON u.gid = g.gid) ON u.uid = processes.uid
SELECT g.groupname FROM processes LEFT JOIN (users u JOIN groups g ON u.gid = g.gid) ON u.uid = processes.uid
SELECT * FROM (SELECT * FROM users)
SELECT s.uid FROM (SELECT * FROM users) s
SELECT uid FROM (SELECT uid + 1 FROM users)
SELECT "uid + 1" FROM (SELECT uid + 1 FROM users)
SELECT "count(*)" FROM (SELECT count(*) FROM users)
WITH a AS (SELECT uid FROM users) SELECT * FROM a
WITH a(x) AS (SELECT uid FROM users) SELECT x FROM a WHERE x IN (SELECT x FROM a)
WITH a AS (SELECT nope FROM users) SELECT 1
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT * FROM n
WITH RECURSIVE n(i) AS (SELECT uid FROM users UNION SELECT p.ppid FROM processes p JOIN n ON p.pid = n.i) SELECT i FROM n
WITH a AS (SELECT * FROM b), b AS (SELECT uid FROM users) SELECT * FROM a
WITH users AS (SELECT 1 AS x) SELECT x FROM users
WITH users AS (SELECT * FROM users) SELECT * FROM users
WITH users AS (SELECT * FROM main.users) SELECT * FROM users
WITH a AS (SELECT 1 x) SELECT * FROM (WITH a AS (SELECT 2 y) SELECT y FROM a), a
SELECT count(*) FROM (SELECT 1)
WITH x AS (SELECT 1) SELECT count(*) FROM x
SELECT (SELECT u.username FROM users u WHERE u.uid = p.uid) FROM processes p
SELECT * FROM processes p WHERE EXISTS (SELECT 1 FROM users WHERE uid = p.uid)
SELECT * FROM processes p WHERE EXISTS (SELECT 1 FROM users WHERE users.uid = p.uid AND 0)
SELECT 1 FROM users WHERE 0 AND nope
SELECT 1 FROM users WHERE 0 AND nope AND length(uid)
SELECT 1 FROM users WHERE length(uid) AND 0 AND nope
SELECT 1 FROM users WHERE nope IN ()
SELECT 1 FROM users WHERE length(nope) IN ()
SELECT uid FROM users UNION SELECT gid FROM groups ORDER BY uid
SELECT uid FROM users UNION SELECT gid FROM groups ORDER BY gid
SELECT uid FROM users UNION SELECT gid FROM groups ORDER BY 1
SELECT uid FROM users UNION SELECT gid FROM groups ORDER BY groupname
SELECT uid AS a FROM users UNION SELECT gid AS b FROM groups ORDER BY b
SELECT uid FROM users UNION SELECT gid, groupname FROM groups
SELECT uid FROM users ORDER BY 3
SELECT uid FROM users ORDER BY username
SELECT uid, count(*) FROM users GROUP BY 1 HAVING count(*) > 1 ORDER BY 2
SELECT uid AS u FROM users GROUP BY u
SELECT shell, row_number() OVER (PARTITION BY gid ORDER BY uid) FROM users
SELECT shell, row_number() OVER w FROM users WINDOW w AS (PARTITION BY gid ORDER BY uid)
SELECT shell FROM users WINDOW w AS (ORDER BY nope)
SELECT sum(uid) FILTER (WHERE gid > 1) FROM users
SELECT group_concat(username, ',' ORDER BY uid) FROM users
SELECT * FROM json_each('[1,2]')
SELECT key, value FROM json_each('[1,2]')
SELECT u.uid, j.value FROM users u, json_each(u.username) j
SELECT count(*) FROM json_each('[1]')
SELECT json FROM json_each('[1]')
SELECT * FROM json_each('a', 'b', 'c')
SELECT * FROM pragma_table_info('users')
SELECT name FROM pragma_function_list
SELECT * FROM sqlite_master
SELECT name FROM sqlite_temp_master
SELECT name FROM temp.sqlite_master
SELECT sqlite_schema.name FROM sqlite_master
SELECT m.tbl_name FROM main.sqlite_schema m
SELECT main.users.uid FROM users
SELECT main.users.uid FROM main.users
SELECT temp.users.uid FROM users
SELECT nodb.users.uid FROM users
SELECT uid FROM nodb.users
SELECT 1 WHERE 1 IN users
SELECT 1 WHERE 1 IN (SELECT uid FROM users)
SELECT 1 WHERE (1, 2) IN (SELECT uid, gid FROM users)
SELECT (uid, gid) = (1, 2) FROM users
SELECT uid IN json_each('[1]') FROM users
SELECT uid FROM users LIMIT 1 OFFSET 2
SELECT uid FROM users LIMIT uid
SELECT uid FROM users LIMIT (SELECT count(*) FROM groups)
VALUES (1, 2), (3, 4)
VALUES (1) ORDER BY 1
SELECT * FROM (VALUES (1, 2))
SELECT column1 FROM (VALUES (1, 2))
SELECT CASE WHEN uid THEN gid ELSE shell END FROM users
SELECT CAST(uid AS TEXT) FROM users
SELECT uid COLLATE NOCASE FROM users ORDER BY username COLLATE NOCASE
SELECT uid FROM users WHERE username LIKE 'a%' ESCAPE '\'
SELECT uid FROM users WHERE username REGEXP 'a'
SELECT true, false, TRUE FROM users
SELECT "true" FROM users
SELECT users.true FROM users
SELECT uid isnull, gid notnull, shell NOT NULL, uid IS NOT DISTINCT FROM gid FROM users
SELECT +uid, -gid, ~uid, NOT uid FROM users
SELECT 'users'.'uid' FROM users
SELECT uid "my id", gid 'g', shell sh FROM users
SELECT 1 AS key, 2 AS "end", 3 AS first
SELECT a.key FROM (SELECT 1 AS key) a
CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT); INSERT INTO t VALUES (1, 'x'); SELECT rowid, a, b FROM t
CREATE TABLE t (a, b); SELECT rowid, * FROM t
CREATE TABLE t (a PRIMARY KEY, b) WITHOUT ROWID; SELECT rowid FROM t
CREATE TABLE t AS SELECT uid, username FROM users; SELECT * FROM t
CREATE TABLE t AS SELECT uid, username true, false, TRUE, uid AS column2 FROM users; SELECT * FROM t
WITH c(true, "False") AS (SELECT uid, gid FROM users) SELECT column1, * FROM c
CREATE VIEW v(uid, "true") AS SELECT uid, gid FROM users; SELECT column2, uid FROM v
SELECT s.column1 FROM (SELECT true, 'x' AS false FROM users) AS s
CREATE TEMP TABLE t AS SELECT uid x FROM users; SELECT x FROM t; DROP TABLE t; SELECT x FROM t
CREATE VIEW v AS SELECT uid, gid g FROM users; SELECT g FROM v
CREATE VIEW v(a, b) AS SELECT uid, gid g FROM users; SELECT a FROM v
CREATE VIEW v AS SELECT nope FROM users; SELECT 1
CREATE VIEW v AS SELECT nope FROM users; SELECT * FROM v
CREATE VIEW v AS WITH c AS (SELECT uid FROM users) SELECT * FROM c; SELECT count(*) FROM v
CREATE TEMP VIEW v AS SELECT * FROM users; WITH users AS (SELECT 1) SELECT * FROM v
CREATE TABLE users (a)
CREATE TABLE IF NOT EXISTS users (a)
INSERT INTO users VALUES (1)
UPDATE users SET uid = 1
DELETE FROM users
CREATE TABLE t (a, b); UPDATE t SET a = b WHERE b > 1; DELETE FROM t WHERE a IN (SELECT uid FROM users)
CREATE TABLE t (a, b); UPDATE t SET nope = b
CREATE TABLE t (a, b); UPDATE t SET a = u.uid FROM users u WHERE u.gid = t.b
CREATE TABLE t (a, b); INSERT INTO t SELECT uid, gid FROM users RETURNING a
CREATE TABLE t (a UNIQUE, b); INSERT INTO t VALUES (1,2) ON CONFLICT (a) DO UPDATE SET b = excluded.b
DELETE FROM users LIMIT 1
EXPLAIN SELECT uid FROM users
EXPLAIN QUERY PLAN SELECT uid FROM users
PRAGMA table_info(users)
PRAGMA user_version
ATTACH 'x' AS y
SAVEPOINT a
BEGIN; COMMIT
CREATE INDEX i ON users (uid)
CREATE TRIGGER t AFTER INSERT ON users BEGIN SELECT 1; END;
SELECT nope(1)
SELECT length()
SELECT length(1, 2)
SELECT coalesce(1)
SELECT max(uid), min(uid, gid) FROM users
SELECT count(DISTINCT uid) FROM users
SELECT iif(1, 2, 3), if(1,2)
selec 1
SELECT 1 +
SELECT (1
SELECT 'abc
SELECT 1;;;SELECT 2;
SELECT 1 -- comment
SELECT * FROM users u JOIN users v ON u.uid = v.uid AND nope.x
SELECT u.nope FROM users u
SELECT users.uid FROM users u
SELECT * FROM hash
SELECT * FROM file WHERE path = '/etc'
SELECT * FROM file f JOIN hash h USING (path) WHERE f.directory = '/etc'
SELECT x.* FROM users
SELECT *
SELECT * FROM users, (SELECT 1)
SELECT ?, ?2, :a, @b, $c
SELECT #1
SELECT 1_000, 0x10, .5e3, x'00'
SELECT uid->>'a', username->'b' FROM users
SELECT EXISTS (SELECT 1 FROM users), uid BETWEEN 1 AND 2 FROM users
SELECT (SELECT uid), (SELECT (SELECT gid)) FROM users
SELECT (SELECT x.uid FROM (SELECT uid) x) FROM users
SELECT uid FROM users WHERE uid = (SELECT max(uid) FROM users)
SELECT * FROM (users)
SELECT * FROM (users u)
SELECT u.uid FROM processes, (users u)
SELECT * FROM users INDEXED BY x
SELECT * FROM users NOT INDEXED
SELECT DISTINCT uid FROM users
SELECT ALL uid FROM users
SELECT uid FROM users EXCEPT SELECT uid FROM processes INTERSECT SELECT 1
SELECT nullif(uid, 1) over () FROM users
SELECT uid, uid FROM users
SELECT * FROM (SELECT uid, uid FROM users)
SELECT "uid:1" FROM (SELECT uid, uid FROM users)
SELECT rowid FROM (SELECT uid FROM users)
SELECT rowid FROM mounts, etc_hosts
SELECT rowid FROM mounts, users
SELECT name, rowid FROM sqlite_master
SELECT a FROM (SELECT 1 a UNION SELECT uid FROM users)
SELECT left.uid FROM users AS left
SELECT 1 FROM users CROSS JOIN groups
SELECT 1 FROM users NATURAL LEFT OUTER JOIN groups
SELECT 1 FROM users OUTER JOIN groups
SELECT 1 FROM users FOO JOIN groups
SELECT * FROM users ORDER BY uid DESC NULLS LAST
SELECT uid FROM users GROUP BY uid HAVING max(gid) > 1
SELECT group_concat(uid) FROM users GROUP BY gid ORDER BY max(uid)
SELECT likelihood(uid, 0.5) FROM users
SELECT raise(ignore)
SELECT current_time, current_date, CURRENT_TIMESTAMP
SELECT replace(username, 'a', 'b'), like('a', username), glob('a', username) FROM users
SELECT NULL
SELECT NULL IS NULL, 1 IS NOT NULL
WITH a AS (SELECT 1), a AS (SELECT 2) SELECT * FROM a
WITH a(x, y) AS (SELECT 1) SELECT * FROM a
WITH a AS MATERIALIZED (SELECT uid FROM users) SELECT * FROM a, a AS b
SELECT * FROM users u LEFT JOIN groups g ON u.gid = g.gid WHERE g.gid IS NULL
SELECT u.username FROM users u WHERE u.uid IN (SELECT p.uid FROM processes p WHERE p.name = u.username)
SELECT 1 FROM processes WHERE pid = 1 AND name = 'x' OR cmdline LIKE '%y%'
SELECT uid+gid FROM users UNION ALL SELECT 1 ORDER BY uid+gid
SELECT uid FROM users UNION ALL SELECT gid FROM groups ORDER BY upper(uid)
SELECT abs(uid) FROM users UNION ALL SELECT gid FROM groups ORDER BY abs(uid)
SELECT * FROM (SELECT uid FROM users ORDER BY gid LIMIT 3) WHERE uid > 1
SELECT 1 FROM (SELECT 1 FROM users)
SELECT 1 WHERE 0 AND EXISTS (SELECT 1 FROM users)
SELECT 1 FROM groups WHERE gid = 1 AND 1 = 0 AND EXISTS (SELECT 1 FROM users)
SELECT sum(1) FROM users, groups WHERE 1
SELECT 1 FROM users JOIN groups USING (nope)
SELECT 1 FROM users JOIN groups USING (gid, gid)
SELECT users.gid, groups.gid FROM users JOIN groups USING (gid)
SELECT * FROM users JOIN groups USING (gid) JOIN processes USING (gid)
SELECT gid FROM users JOIN groups USING (gid) JOIN processes USING (gid)
SELECT gid FROM users JOIN groups USING (gid) JOIN processes
SELECT * FROM users NATURAL JOIN (SELECT gid FROM groups)
SELECT * FROM (SELECT uid FROM users) NATURAL JOIN (SELECT uid, gid FROM users)
SELECT é FROM (SELECT 1 AS é)
SELECT uid FROM USERS WHERE UID > 1
SELECT Uid FROM Users u WHERE U.UID > 1
SELECT t.uid FROM (SELECT Uid FROM users) t
SELECT value FROM generate_series(1, 5)
SELECT * FROM users WHERE uid = 1 COLLATE nope
SELECT username, (SELECT count(*) FROM groups g WHERE g.gid = users.gid) c FROM users ORDER BY c
SELECT uid u, u + 1 FROM users
SELECT uid u FROM users WHERE u = 1 AND EXISTS (SELECT 1 WHERE u = 2)
SELECT count(uid) c FROM users HAVING c > 1
SELECT * FROM users WHERE rowid = 1
SELECT * FROM mounts WHERE rowid = 1
SELECT g.g.groupname FROM processes JOIN (users u JOIN groups g ON g.gid = u.gid) ON u.uid = processes.uid
SELECT main.g.groupname FROM processes JOIN (users u JOIN groups g ON g.gid = u.gid) ON u.uid = processes.uid
CREATE VIEW time AS SELECT uid, gid g FROM users; SELECT g FROM time
CREATE TABLE t (a INTEGER INTEGER PRIMARY KEY, b TEXT); SELECT 1
CREATE TABLE t (a, b, UNIQUE (a, b)); SELECT 1
CREATE TABLE t (a INTEGER, b, PRIMARY KEY (a)); SELECT rowid, oid, a FROM t
SELECT m.tbl_name FROM xmain.sqlite_schema m
SELECT 1 FROM temp.sqlite_master
SELECT EXISTS (SELECT 1 FROM sqlite_schema users), uid BETWEEN 1 AND 2 FROM users
SELECT 1
SELECT ~uid+gid FROM users UNION ALL SELECT 1 ORDER BY+ uid+gid
SELECT (-uid) FROM users UNION ALL SELECT 1 ORDER BY -uid
SELECT (-uid)NOTNULL FROM users UNION ALL SELECT 1 ORDER BY -uid
SELECT -uid NOTNULL FROM users UNION ALL SELECT 1 ORDER BY (-uid) IS NOT NULL
SELECT uid ISNULL FROM users UNION ALL SELECT 1 ORDER BY uid IS (NULL)
SELECT NOT shell ISNULL FROM users UNION ALL SELECT 1 ORDER BY shell NOTNULL
SELECT (uid + gid) * 2 FROM users UNION ALL SELECT 1 ORDER BY uid + gid * 2
SELECT uid + gid * 2 FROM users UNION ALL SELECT 1 ORDER BY uid + (gid * 2)
SELECT uid FROM users UNION ALL SELECT 1 ORDER BY +uid
SELECT - + uid FROM users UNION ALL SELECT 1 ORDER BY -uid
SELECT + - uid FROM users UNION ALL SELECT 1 ORDER BY -uid
SELECT uid == 0x10 FROM users UNION ALL SELECT 1 ORDER BY uid = 16
SELECT uid = 99999999999 FROM users UNION ALL SELECT 1 ORDER BY uid = 099999999999
SELECT uid + 1e1 FROM users UNION ALL SELECT 1 ORDER BY uid + 1E1
SELECT uid = 1_0 FROM users UNION ALL SELECT 1 ORDER BY uid = 10
SELECT shell || 'a' FROM users UNION ALL SELECT 1 ORDER BY shell || 'A'
SELECT shell || 'a''b' FROM users UNION ALL SELECT 1 ORDER BY SHELL || "a'b"
SELECT shell LIKE '%a' FROM users UNION ALL SELECT 1 ORDER BY like('%a', shell)
SELECT shell NOT LIKE '%a' FROM users UNION ALL SELECT 1 ORDER BY NOT shell LIKE '%a'
SELECT shell GLOB 'a' FROM users UNION ALL SELECT 1 ORDER BY shell LIKE 'a'
SELECT uid NOT BETWEEN 1 AND 2 FROM users UNION ALL SELECT 1 ORDER BY NOT (uid BETWEEN 1 AND 2)
SELECT uid IN (1, 2) FROM users UNION ALL SELECT 1 ORDER BY uid IN (2, 1)
SELECT uid IN (1, 2) FROM users UNION ALL SELECT 1 ORDER BY uid IN (1, 2)
SELECT uid NOT IN (1, 2) FROM users UNION ALL SELECT 1 ORDER BY uid IN (1, 2)
SELECT uid IN (SELECT 1) FROM users UNION ALL SELECT 1 ORDER BY uid IN (SELECT 1)
SELECT (SELECT 1) FROM users UNION ALL SELECT 1 ORDER BY (SELECT 1)
SELECT shell COLLATE nocase FROM users UNION ALL SELECT 1 ORDER BY shell COLLATE rtrim
SELECT upper(shell COLLATE nocase) FROM users UNION ALL SELECT 1 ORDER BY upper(shell)
SELECT upper(shell COLLATE nocase) FROM users UNION ALL SELECT 1 ORDER BY UPPER(shell COLLATE NOCASE)
SELECT CAST(uid AS TEXT) FROM users UNION ALL SELECT 1 ORDER BY CAST(uid AS text)
SELECT CAST(uid AS TEXT) FROM users UNION ALL SELECT 1 ORDER BY cast((uid) AS TEXT)
SELECT CASE uid WHEN 1 THEN 2 END FROM users UNION ALL SELECT 1 ORDER BY CASE WHEN uid THEN 1 ELSE 2 END
SELECT CASE uid WHEN 1 THEN 2 END FROM users UNION ALL SELECT 1 ORDER BY case uid when 1 then 2 end
SELECT count(*) FROM users UNION ALL SELECT 1 ORDER BY count()
SELECT count(uid) FROM users UNION ALL SELECT 1 ORDER BY count(DISTINCT uid)
SELECT count(*) FILTER (WHERE uid > 1) FROM users UNION ALL SELECT 1 ORDER BY count(*)
SELECT count(*) FILTER (WHERE uid > 1) FROM users UNION ALL SELECT 1 ORDER BY count(*) FILTER (WHERE uid > 1)
SELECT group_concat(uid ORDER BY gid) FROM users UNION ALL SELECT 1 ORDER BY group_concat(uid ORDER BY gid ASC NULLS FIRST)
SELECT group_concat(uid ORDER BY gid) FROM users UNION ALL SELECT 1 ORDER BY group_concat(uid ORDER BY gid DESC)
SELECT row_number() OVER () FROM users UNION ALL SELECT 1 ORDER BY row_number() OVER ()
SELECT uid AS u, uid + 1 FROM users UNION ALL SELECT 1, 2 ORDER BY u + 1
SELECT uid AS u, gid + 1 FROM users UNION ALL SELECT 1, 2 ORDER BY u + 1
SELECT x'ab' FROM users UNION ALL SELECT 1 ORDER BY x'AB'
SELECT x'ab' FROM users UNION ALL SELECT 1 ORDER BY x'ab'
SELECT current_date FROM users UNION ALL SELECT 1 ORDER BY current_date()
SELECT uid IS true FROM users UNION ALL SELECT 1 ORDER BY uid IS TRUE
SELECT uid = :a FROM users UNION ALL SELECT 1 ORDER BY uid = :a
SELECT uid = ? FROM users UNION ALL SELECT 1 ORDER BY uid = ?
SELECT (uid AND 0) FROM users UNION ALL SELECT 1 ORDER BY gid AND (1 AND 0)
SELECT shell -> 1 FROM users UNION ALL SELECT 1 ORDER BY shell ->> 1
SELECT u.uid + 1 FROM users u JOIN groups g UNION ALL SELECT 1 ORDER BY uid + 1
SELECT u.gid + 1 FROM users u JOIN groups g UNION ALL SELECT 1 ORDER BY g.gid + 1
SELECT 'a' UNION VALUES ('b') ORDER BY 'b'
VALUES ('a') UNION SELECT 'b' ORDER BY 'a'
SELECT uid + 1 FROM users UNION ALL SELECT gid + 1 FROM groups ORDER BY (groups.gid) + 1
SELECT (uid AND 0) + 1 FROM users UNION ALL SELECT 1 ORDER BY (gid AND (1 AND 0)) + 1
EXPLAIN CREATE TABLE t (a)
