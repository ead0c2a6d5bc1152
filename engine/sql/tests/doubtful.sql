SELECT u.gid + 1 FROM users u JOIN groups g USING (gid) WHERE g.groupname = 'x' AND u.uid IS g.gid_signed
SELECT x.a, x.b FROM (SELECT uid AS a, gid AS b FROM users UNION SELECT 1, 2) x ORDER BY b, 1
SELECT uid FROM users ORDER BY 1, 2
SELECT uid FROM users ORDER BY 0
SELECT uid FROM users GROUP BY 2
SELECT uid FROM users UNION SELECT gid FROM groups ORDER BY 2
SELECT uid FROM users ORDER BY -1
SELECT uid FROM users ORDER BY +1, (1), 2 - 1
SELECT uid, gid FROM users UNION ALL SELECT 1, 2 UNION ALL SELECT 3 ORDER BY 1
SELECT uid FROM users INTERSECT SELECT 1, 2
SELECT uid FROM users EXCEPT SELECT 1, 2
VALUES (1, 2), (3)
VALUES (1) LIMIT 1
SELECT 1 UNION ALL VALUES (2) ORDER BY 1
SELECT 1 UNION ALL VALUES (2) LIMIT 1
SELECT * FROM users LIMIT nope
SELECT * FROM uptime LIMIT 1 OFFSET nope
SELECT uid FROM users WHERE username = "it's"
SELECT "a:1", "a:2" FROM (SELECT 1 AS a, 2 AS a, 3 AS a)
SELECT * FROM (SELECT 1 AS "a:1", 2 AS "a:1", 3 AS a)
SELECT * FROM (SELECT 1 AS x9, 2 AS x9, 3 AS "x:", 4 AS "x:")
SELECT a AS b FROM (SELECT 1 AS a) ORDER BY a, b
SELECT username AS uid FROM users ORDER BY uid
SELECT username AS n, count(*) FROM users GROUP BY n HAVING n > 'a'
SELECT nope AS uid FROM users GROUP BY uid
SELECT uid AS n FROM users WHERE n = (SELECT n)
SELECT uid FROM users WHERE gid IN (SELECT gid FROM groups WHERE groupname = username AND nope = 1)
SELECT (SELECT count(*) FROM groups WHERE groups.gid = users.gid AND gid = 1) FROM users
SELECT * FROM users JOIN groups ON users.gid = groups.gid AND gid = 1
SELECT users.*, groups.groupname FROM users JOIN groups USING (GID)
SELECT nope.* FROM users
SELECT g.* FROM users u, groups g
SELECT *, * FROM uptime
SELECT count(*), total(uid), sum(DISTINCT uid) FILTER (WHERE nope) FROM users
SELECT sum(uid) OVER (PARTITION BY nope) FROM users
SELECT sum(uid) OVER (ORDER BY nope) FROM users
SELECT sum(uid) OVER nope FROM users
SELECT sum(uid) OVER (w ORDER BY gid) FROM users WINDOW w AS (PARTITION BY shell)
SELECT sum(uid) OVER v FROM users WINDOW w AS (PARTITION BY nope), v AS (w)
SELECT group_concat(username ORDER BY nope) FROM users
SELECT CASE nope WHEN 1 THEN 2 END FROM users
SELECT CASE WHEN nope THEN 2 END FROM users
SELECT CASE WHEN 1 THEN nope END FROM users
SELECT CASE WHEN 1 THEN 2 ELSE nope END FROM users
SELECT nope BETWEEN 1 AND 2, 1 BETWEEN nope AND 2, 1 BETWEEN 2 AND nope FROM users
SELECT CAST(nope AS TEXT), nope COLLATE NOCASE, nope IS NULL, nope NOTNULL, -nope FROM users
SELECT nope LIKE 'a', 'a' LIKE nope, 'a' LIKE 'b' ESCAPE nope FROM users
SELECT nope IN (1), 1 IN (1, nope), nope IN (SELECT 1), (1, nope) = (1, 2) FROM users
SELECT 1 WHERE 1 IN nowhere
SELECT 1 WHERE 1 IN uptime()
SELECT users.nope, main.users.nope, nowhere.users.uid FROM users
SELECT EXISTS (SELECT nope FROM users)
SELECT username MATCH 'x' FROM users
SELECT lenght(uid), length(), uid(), upper(uid, 1) FROM users
SELECT replace(1, 2), substr('a'), round(1, 2, 3), coalesce(), printf() FROM users
SELECT min(), max(1), nullif(1), char(), iif(1)
SELECT (uid) FROM users WHERE ((uid)) = (1)
SELECT 0 AND nope, nope AND 0, 0 AND nope AND length(nope) FROM users
SELECT 0x0 AND nope, 00 AND nope, 0.0 AND 1, (0) AND nope, 1 IN () AND nope FROM users
SELECT nope AND 1 AND 0, 0 OR nope FROM users
SELECT 1 FROM users u JOIN users v USING (uid, gid) WHERE u.shell = v.shell
SELECT 1 FROM users JOIN groups USING (username)
SELECT 1 FROM users JOIN groups USING (groupname)
SELECT uid FROM users NATURAL JOIN groups NATURAL JOIN user_groups
SELECT * FROM user_groups NATURAL LEFT JOIN users
SELECT * FROM user_groups JOIN users USING (uid) LEFT JOIN groups ON groups.gid = user_groups.gid
SELECT gid FROM user_groups FULL JOIN groups USING (gid) FULL JOIN users USING (gid)
SELECT gid FROM user_groups RIGHT JOIN groups USING (gid) LEFT JOIN users USING (gid)
SELECT gid FROM user_groups FULL JOIN groups USING (gid) JOIN users ON 1
SELECT rowid FROM (users JOIN mounts)
SELECT mounts.rowid, rowid FROM users JOIN (mounts JOIN uptime)
SELECT _rowid_, oid FROM uptime JOIN (mounts JOIN etc_hosts)
SELECT x.uid, users.uid FROM uptime JOIN (SELECT uid FROM users) x
SELECT users.gid, groups.gid, gid FROM uptime JOIN (users JOIN groups USING (gid))
SELECT main.users.gid, temp.users.gid FROM uptime JOIN (users JOIN groups USING (gid))
SELECT gid FROM uptime JOIN (users JOIN groups)
SELECT nope FROM uptime JOIN (users JOIN groups)
SELECT u.nope FROM uptime JOIN (users u JOIN groups)
SELECT * FROM (users u JOIN (groups g JOIN uptime) ON g.gid = u.gid)
SELECT seconds, gid FROM users u JOIN (groups g JOIN (uptime JOIN mounts))
WITH RECURSIVE c(a) AS (SELECT 1 UNION SELECT a + 1 FROM c WHERE a < 3 UNION SELECT a FROM c) SELECT a FROM c
WITH RECURSIVE c(a) AS (SELECT 1 UNION ALL SELECT a FROM (c)) SELECT a FROM c
WITH RECURSIVE c(a) AS (SELECT a FROM c) SELECT a FROM c
WITH RECURSIVE c(a) AS (SELECT 1 EXCEPT SELECT a FROM c) SELECT a FROM c
WITH c(a) AS (SELECT 1 UNION ALL SELECT nope FROM c) SELECT a FROM c
WITH c(a, b) AS (SELECT 1, 2 UNION ALL SELECT a, b, 3 FROM c) SELECT a FROM c
WITH a AS (SELECT uid FROM users), b AS (SELECT * FROM a) SELECT uid FROM b WHERE uid IN a
WITH a AS (SELECT 1 AS x) SELECT (WITH b AS (SELECT x + 1 AS y FROM a) SELECT y FROM b) FROM a
WITH a AS (SELECT 1 AS x) SELECT x FROM a('y')
WITH a AS (SELECT 1 AS x), A AS (SELECT 2 AS x) SELECT x FROM a
WITH a AS (SELECT 1 AS x) SELECT x FROM b
CREATE VIEW v AS SELECT uid FROM users; CREATE VIEW w AS SELECT * FROM v; SELECT uid FROM w
CREATE VIEW v(a) AS SELECT uid, gid FROM users; SELECT a FROM v
CREATE VIEW v AS SELECT * FROM v; SELECT * FROM v
CREATE VIEW v AS SELECT uid FROM users; DROP VIEW v; SELECT uid FROM v
CREATE VIEW v AS SELECT uid FROM users; DROP TABLE v
CREATE TABLE t (a); DROP VIEW t
CREATE TABLE t (a); DROP TABLE t; DROP TABLE IF EXISTS t; DROP TABLE t
DROP TABLE IF EXISTS nowhere; DROP VIEW nowhere
CREATE TABLE t (a); CREATE TABLE t (b)
CREATE TABLE t (a); CREATE TABLE IF NOT EXISTS t (b); SELECT a FROM t
CREATE TABLE t (a); CREATE VIEW t AS SELECT 1
CREATE TABLE t (a, A)
CREATE TABLE t (a INTEGER PRIMARY KEY DESC, b); SELECT rowid FROM t
CREATE TABLE t (a INT PRIMARY KEY, b); SELECT rowid, a FROM t
CREATE TABLE t (a, b, PRIMARY KEY (a, b)); SELECT oid FROM t
CREATE TABLE t (a VARCHAR(10) NOT NULL, b UNSIGNED BIG INT); SELECT a, b FROM t
CREATE TABLE t (a UNIQUE) STRICT
CREATE TABLE t (a INTEGER) STRICT; SELECT a FROM t
CREATE TABLE t AS SELECT uid, gid + 1, 'x' AS y FROM users; SELECT * FROM t
CREATE TABLE t AS SELECT nope FROM users
CREATE TABLE nodb.t (a)
CREATE TABLE temp.t (a); SELECT temp.t.a FROM t; SELECT main.t.a FROM t
CREATE TABLE t (a); SELECT a FROM temp.t
CREATE TABLE t (a); INSERT INTO t VALUES (1, 2)
CREATE TABLE t (a, b); INSERT INTO t (a) SELECT uid FROM users
CREATE TABLE t (a, b); INSERT INTO t (nope) VALUES (1)
CREATE TABLE t (a, b); INSERT INTO t (a) VALUES (1, 2)
CREATE TABLE t (a, b); INSERT INTO t DEFAULT VALUES RETURNING nope
CREATE TABLE t (a UNIQUE, b); INSERT INTO t VALUES (1, 2) ON CONFLICT (a) DO UPDATE SET b = excluded.nope
CREATE TABLE t (a UNIQUE, b); INSERT INTO t VALUES (1, 2) ON CONFLICT DO NOTHING
CREATE TABLE t (a, b); UPDATE t SET (a, b) = (SELECT uid, gid FROM users)
CREATE TABLE t (a, b); UPDATE t SET a = 1 WHERE nope
CREATE TABLE t (a, b); UPDATE t AS x SET a = x.b
CREATE TABLE t (a, b); DELETE FROM t WHERE nope = 1
CREATE TABLE t (a, b); DELETE FROM t AS x WHERE x.a = t.b
CREATE TABLE t (a, b); WITH c AS (SELECT uid FROM users) DELETE FROM t WHERE a IN c RETURNING b
CREATE TABLE t (a); ALTER TABLE t RENAME TO s
CREATE VIEW v AS SELECT uid FROM users; INSERT INTO v VALUES (1)
CREATE VIEW v AS SELECT uid FROM users; DELETE FROM v
EXPLAIN CREATE TABLE t (a); SELECT a FROM t
EXPLAIN QUERY PLAN SELECT nope FROM users
EXPLAIN DROP TABLE users; SELECT uid FROM users
DETACH x
PRAGMA foreign_keys
CREATE TEMP TRIGGER t AFTER INSERT ON users BEGIN SELECT 1; SELECT 2; END; SELECT nope
EXPLAIN CREATE TRIGGER t AFTER INSERT ON users BEGIN SELECT 1; END; SELECT nope
CREATE TABLE end (a); SELECT a FROM end
SELECT 1;; SELECT nope; SELECT 2
; SELECT 1
SELECT 1 /* c */ + -- d
SELECT a.b.c.d FROM users
SELECT 1 FROM users WHERE uid IS NOT DISTINCT FROM gid GROUP BY uid HAVING uid
SELECT DISTINCT uid, DISTINCT FROM users
SELECT ALL uid FROM users UNION SELECT DISTINCT gid FROM users
SELECT uid /* a */ , gid -- b
SELECT [a]]b], `c``d`, "e""f" FROM users
SELECT first, last, key, row FROM users
SELECT case FROM users
SELECT 1 AS select
SELECT count(*) AS "select" FROM users GROUP BY "select"
SELECT 1 FROM users, groups WHERE users.gid = groups.gid OR 1
SELECT 1 FROM users, groups WHERE EXISTS (SELECT users.gid = groups.gid)
SELECT 1 FROM users u, groups g, user_groups x WHERE x.uid = u.uid AND x.gid = g.gid
SELECT 1 FROM users u, groups g WHERE u.uid = 1 AND g.gid = 1
SELECT 1 FROM users u, processes p WHERE u.uid = 1 AND p.uid = 1
SELECT 1 FROM users u, processes p WHERE u.uid IN (1, 2) AND p.uid IN (1, 2)
SELECT 1 FROM users u, processes p WHERE u.uid IN (1, 2) AND p.pid IN (1, 2)
SELECT 1 FROM users u, processes p WHERE u.shell = '/bin/sh'
SELECT 1 FROM users u, processes p WHERE u.uid NOT IN (1, 2) AND p.uid NOT IN (1, 2)
SELECT 1 FROM processes p, processes q WHERE 1 = p.pid
SELECT 1 FROM processes p, mounts m, users u WHERE p.uid = u.uid
SELECT 1 FROM processes p, mounts m, users u WHERE m.path = p.path
SELECT 1 FROM users CROSS JOIN groups JOIN processes
SELECT 1 FROM users JOIN groups USING (gid) JOIN processes USING (gid)
SELECT 1 FROM users JOIN processes JOIN groups USING (gid)
SELECT 1 FROM (SELECT 1 AS x) a, (SELECT 2 AS y) b
SELECT 1 FROM etc_hosts, mounts
SELECT p.name FROM processes p, file f WHERE f.path = p.path
SELECT 1 FROM hash
SELECT 1 FROM hash, file
SELECT 1 FROM file, hash WHERE file.path = '/etc/hosts'
SELECT 1 FROM file WHERE size > 1
SELECT 1 FROM file WHERE directory LIKE '/etc/%' OR path = '/'
SELECT 1 FROM file WHERE path = '/' OR (directory = '/etc' AND size > 1)
SELECT 1 FROM file WHERE path = '/' OR 0
SELECT 1 FROM file WHERE path NOT IN ('/')
SELECT 1 FROM file WHERE path NOT LIKE '/%'
SELECT 1 FROM file WHERE path BETWEEN '/' AND '/z'
SELECT 1 FROM file WHERE path IS NULL
SELECT 1 FROM file WHERE path IS '/etc'
SELECT 1 FROM file WHERE '/etc' = path COLLATE NOCASE
SELECT 1 FROM file WHERE (path, size) = ('/', 1)
SELECT 1 FROM file WHERE path IN uptime
SELECT 1 FROM file WHERE path GLOB '/etc/*'
SELECT 1 FROM file WHERE coalesce(path = '/', 0)
SELECT x.path FROM (SELECT path AS path FROM file) x WHERE x.path = '/'
CREATE VIEW v AS SELECT * FROM file; SELECT path FROM v WHERE path = '/'
SELECT 1 FROM file NATURAL JOIN hash
SELECT 1 FROM file JOIN hash USING (directory)
SELECT 1 FROM file WHERE path LIKE '/%%' AND directory LIKE '/a/%%/b'
SELECT 1 FROM file WHERE path LIKE '/%/%%' OR path LIKE '%%x'
SELECT 1 FROM file WHERE path LIKE '/etc%%'
SELECT 1 FROM hash WHERE path LIKE '/%%'
SELECT 1 FROM hash WHERE path = '/%%'
SELECT 1 FROM file WHERE path NOT LIKE '/%%' AND path = '/'
SELECT 1 FROM file WHERE path GLOB '/%%' AND path = '/'
SELECT 1 FROM processes WHERE path LIKE '/%%'
SELECT 1 FROM deb_package_files
SELECT 1 FROM deb_package_files WHERE package = 'x' OR path = '/y'
SELECT 1 FROM deb_package_files f JOIN deb_packages p ON p.name = f.package
SELECT 1 FROM users WHERE uid = NULL OR NULL != gid OR uid <> NULL
SELECT 1 FROM users WHERE uid = -'x'
SELECT 1 FROM users WHERE uid = 'x' AND uid = '0x10' AND uid = '1e3' AND uid = '.5' AND uid = '-' AND uid = ''
SELECT 1 FROM users WHERE 'x' = uid + 1
SELECT 1 FROM users WHERE uid = x'00' OR username = x'00' OR x'00' = username
SELECT 1 FROM users WHERE upper(username) = 5 OR 5.5 = trim(username) OR length(username) = 'x'
SELECT 1 FROM users WHERE username || 1 = 11
SELECT 1 FROM users WHERE uid IN ('a', NULL) OR uid NOT IN ('a', 'b') OR uid IN ()
SELECT 1 FROM users WHERE uid NOT IN (1, NULL)
SELECT 1 FROM users WHERE username < 5 OR 5 >= username OR username <= 'a' OR uid > 5
SELECT 1 FROM users WHERE uid BETWEEN 5 AND 1 OR username BETWEEN 'b' AND 'a' OR uid BETWEEN 'b' AND 1
SELECT 1 FROM users WHERE uid NOT BETWEEN 5 AND 1 OR uid BETWEEN 1 AND 1 OR username BETWEEN 'a' AND 'a'
SELECT 1 FROM users WHERE uid = 1 AND uid = 2 AND gid = 1
SELECT 1 FROM users WHERE username = 'it''s' AND username = 'b'
SELECT 1 FROM users WHERE uid = 1.5 AND 2 = uid
SELECT 1 FROM users WHERE uid = -1 AND uid = +1 AND uid = 0x10 AND uid = 1_0
SELECT 1 FROM users WHERE uid > 3 AND uid < 2 AND uid < 1
SELECT 1 FROM users WHERE 3 < uid AND 2 > uid
SELECT 1 FROM users WHERE uid >= 3 AND 2 >= uid
SELECT 1 FROM users WHERE 3 <= uid AND uid <= 3
SELECT 1 FROM users WHERE uid > 3 AND gid < 2
SELECT 1 FROM users WHERE uid > '3' AND uid < 2
SELECT 1 FROM users WHERE username > 'b' AND username < 'a'
SELECT 1 FROM users u WHERE u.uid > 3 AND (u.uid < 2 OR u.gid = 1)
SELECT 1 FROM users GROUP BY uid HAVING uid = 1 AND uid = 2
SELECT 1 FROM users u JOIN groups g ON u.gid = g.gid AND u.uid = 'x'
SELECT count(*) FROM processes WHERE name = 'a' AND name = 'a' AND name = 'b'
SELECT 1 FROM users JOIN mounts JOIN groups USING (gid)
SELECT 1 FROM users u, mounts m, groups g WHERE g.gid = 1 AND u.gid = 1
SELECT shell -> 1 FROM users UNION ALL SELECT 1 ORDER BY "->"(shell, 1)
SELECT shell ->> 1 FROM users UNION ALL SELECT 1 ORDER BY "->>"(shell, 1)
SELECT shell -> 1 FROM users UNION ALL SELECT 1 ORDER BY "->>"(shell, 1)
SELECT * FROM uptime UNION SELECT 1, 2, 3, 4, 5 ORDER BY uptime.days
SELECT uid, * FROM users UNION SELECT 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 ORDER BY shell, users.gid
SELECT uid FROM users ORDER BY uid AND gid
SELECT uid AND gid FROM users UNION SELECT 1 ORDER BY uid AND gid
SELECT uptime.* FROM uptime, users UNION SELECT 1, 2, 3, 4, 5 ORDER BY uid
SELECT uid FROM (SELECT "uid" FROM users)
SELECT x.[uid] FROM (SELECT [uid], `gid` FROM users) x
SELECT uid FROM users ORDER BY (1, 2)
SELECT uid FROM users ORDER BY 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2
SELECT uid FROM users ORDER BY 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2
SELECT uid FROM users ORDER BY 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2
SELECT 1 FROM users u, groups g WHERE u.gid BETWEEN g.gid AND 5
SELECT 1 FROM users u, groups g WHERE 5 BETWEEN u.gid AND g.gid
SELECT 1 FROM users u, groups g WHERE CASE u.gid WHEN g.gid THEN 1 END
SELECT 1 FROM users u, groups g WHERE CASE WHEN u.gid THEN 1 ELSE g.gid END
SELECT 1 FROM users u, groups g WHERE CAST(u.gid AS TEXT) = g.groupname
SELECT 1 FROM users u, groups g WHERE u.username COLLATE NOCASE = g.groupname
SELECT 1 FROM users u, groups g WHERE abs(u.gid - g.gid)
SELECT 1 FROM users u, groups g WHERE u.gid IN (1, g.gid)
SELECT 1 FROM users u, groups g WHERE u.gid IN (SELECT g.gid)
SELECT 1 FROM users u, groups g WHERE (u.gid, 1) = (g.gid, 1)
SELECT 1 FROM users u, groups g WHERE -u.gid = +g.gid
SELECT 1 FROM users u, groups g WHERE (u.gid = g.gid) IS NULL
SELECT 1 FROM users u, groups g WHERE (u.gid = g.gid) NOTNULL
SELECT 1 FROM users u, groups g WHERE u.gid = 1 OR g.gid = 1
SELECT 1 FROM users u, groups g WHERE u.gid NOT NULL AND g.gid NOT NULL
CREATE VIRTUAL TABLE temp.w USING users; SELECT temp.w.uid FROM w; SELECT main.w.uid FROM w
CREATE VIRTUAL TABLE w USING users; SELECT main.w.uid FROM w; SELECT temp.w.uid FROM w
CREATE VIRTUAL TABLE w USING nothing; SELECT 1
CREATE TABLE t (a INTEGER PRIMARY KEY, b); SELECT t.a, a FROM uptime JOIN (t JOIN users)
CREATE TABLE t (a INTEGER PRIMARY KEY); CREATE TABLE s (c INTEGER PRIMARY KEY); SELECT x.a, x.c FROM (t JOIN s) AS x
