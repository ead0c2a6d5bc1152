"""What one table says holds in the others: every relation is a question for the rows that break it.

On the live host processes come and go between two tables of one statement, so a row that breaks a relation must break it again.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from support.agents import Agent, Row
from support.hosts import Host

pytestmark = pytest.mark.agent


@dataclass(frozen=True)
class Relation:
    """`broken` answers the rows that break it, of one column `what`; `among` counts, as `n`, the rows that could have."""

    name: str
    broken: str
    among: str
    #: Generated hosts hold what files may say, so that only what the agent itself guarantees is true there.
    generated: bool = True


RELATIONS = (
    Relation(
        "every parent of a process is a process, or outside of what is seen",
        "SELECT pid AS what FROM processes WHERE parent > 0 AND parent NOT IN (SELECT pid FROM processes)",
        "SELECT count(*) AS n FROM processes WHERE parent > 0",
        generated=False,
    ),
    Relation(
        "the owner of every process is a user, or a number that no user has",
        "SELECT pid AS what FROM processes LEFT JOIN users USING (uid) WHERE (users.uid IS NULL)"
        " <> (processes.uid NOT IN (SELECT uid FROM users))",
        "SELECT count(*) AS n FROM processes JOIN users USING (uid)",
    ),
    Relation(
        "every socket of a process is of a process",
        "SELECT pid AS what FROM process_open_sockets WHERE pid > 0 AND pid NOT IN (SELECT pid FROM processes)",
        "SELECT count(*) AS n FROM process_open_sockets WHERE pid > 0",
        generated=False,
    ),
    Relation(
        "every open file is of a process",
        "SELECT pid AS what FROM process_open_files WHERE pid NOT IN (SELECT pid FROM processes)",
        "SELECT count(*) AS n FROM process_open_files",
    ),
    Relation(
        "every memory map is of a process",
        "SELECT DISTINCT pid AS what FROM process_memory_map WHERE pid NOT IN (SELECT pid FROM processes)",
        "SELECT count(*) AS n FROM process_memory_map",
    ),
    Relation(
        "who listens has an open socket",
        "SELECT l.pid || ':' || l.port AS what FROM listening_ports l WHERE l.family IN (2, 10)"
        " AND NOT EXISTS (SELECT 1 FROM process_open_sockets s WHERE s.pid = l.pid AND s.protocol = l.protocol"
        " AND s.local_port = l.port AND s.local_address = l.address)",
        "SELECT count(*) AS n FROM listening_ports WHERE family IN (2, 10)",
        generated=False,
    ),
    Relation(
        "an open socket that listens is among the listening ones",
        "SELECT s.pid || ':' || s.local_port AS what FROM process_open_sockets s WHERE s.state = 'LISTEN'"
        " AND NOT EXISTS (SELECT 1 FROM listening_ports l"
        " WHERE l.pid = s.pid AND l.port = s.local_port AND l.address = s.local_address)",
        "SELECT count(*) AS n FROM process_open_sockets WHERE state = 'LISTEN'",
        generated=False,
    ),
    Relation(
        "every user is in the primary group",
        "SELECT u.uid AS what FROM users u"
        " WHERE NOT EXISTS (SELECT 1 FROM user_groups g WHERE g.uid = u.uid_signed AND g.gid = u.gid)",
        "SELECT count(*) AS n FROM users",
        generated=False,
    ),
    Relation(
        "a member of a group is a user",
        "SELECT g.uid AS what FROM user_groups g WHERE g.uid NOT IN (SELECT uid_signed FROM users)",
        "SELECT count(*) AS n FROM user_groups",
    ),
    Relation(
        "the signed numbers of a user are the unsigned ones",
        "SELECT uid AS what FROM users WHERE uid <> uid_signed AND uid <> uid_signed + 4294967296"
        " OR gid <> gid_signed AND gid <> gid_signed + 4294967296",
        "SELECT count(*) AS n FROM users",
    ),
    Relation(
        "who has a password entry is a user",
        "SELECT s.username AS what FROM shadow s WHERE s.username NOT IN (SELECT username FROM users)",
        "SELECT count(*) AS n FROM shadow",
        generated=False,
    ),
    Relation(
        "an installed file is of a package",
        "SELECT DISTINCT package AS what FROM (SELECT package FROM deb_package_files LIMIT 20000)"
        " WHERE package NOT IN (SELECT name FROM deb_packages)",
        "SELECT count(*) AS n FROM (SELECT 1 FROM deb_package_files LIMIT 20000)",
        generated=False,
    ),
    Relation(
        "an address is of an interface",
        "SELECT interface AS what FROM interface_addresses WHERE interface NOT IN (SELECT interface FROM interface_details)",
        "SELECT count(*) AS n FROM interface_addresses",
        generated=False,
    ),
    Relation(
        "a route leads over an interface",
        "SELECT DISTINCT interface AS what FROM routes WHERE interface <> ''"
        " AND interface NOT IN (SELECT interface FROM interface_details)",
        "SELECT count(*) AS n FROM routes WHERE interface <> ''",
        generated=False,
    ),
    Relation(
        "a digest is of the file that is there, and equal files have equal digests",
        "SELECT f.path AS what FROM file f JOIN hash h USING (path)"
        " WHERE f.path LIKE '/etc/%' AND f.type = 'regular' AND f.size = 0"
        # Not what a link into /proc leads to: those have contents and no size.
        " AND f.symlink = 0 AND h.md5 <> 'd41d8cd98f00b204e9800998ecf8427e'",
        "SELECT count(*) AS n FROM file f JOIN hash h USING (path) WHERE f.path LIKE '/etc/%' AND f.type = 'regular'",
    ),
    Relation(
        "what has a setuid bit there is a file with that bit",
        "SELECT s.path AS what FROM (SELECT path FROM suid_bin LIMIT 20) s JOIN file f USING (path)"
        " WHERE substr(f.mode, -4, 1) NOT IN ('2', '4', '6', '7')",
        "SELECT count(*) AS n FROM (SELECT path FROM suid_bin LIMIT 20) s JOIN file f USING (path)",
    ),
    Relation(
        "the names of a process's namespaces are those of a process",
        "SELECT pid AS what FROM process_namespaces WHERE pid NOT IN (SELECT pid FROM processes)",
        "SELECT count(*) AS n FROM process_namespaces",
    ),
    Relation(
        "memory that is free is not more than all",
        "SELECT memory_free AS what FROM memory_info WHERE memory_free > memory_total OR swap_free > swap_total",
        "SELECT count(*) AS n FROM memory_info",
        generated=False,
    ),
)

#: Rounds in which a row must break a relation of the live host before it counts.
ROUNDS = 3


@pytest.mark.parametrize("relation", RELATIONS, ids=lambda relation: relation.name)
def test_relation(asked: tuple[Agent, Host], relation: Relation) -> None:
    agent, host = asked
    if host.kind == "generated" and not relation.generated:
        pytest.skip("files of a generated host may say anything")
    if agent.count(relation.among, host) == 0:
        pytest.skip("no rows here")
    broken = violations(agent, relation, host)
    for _ in range(ROUNDS if host.kind == "live" and broken else 0):
        broken = [row for row in broken if row in violations(agent, relation, host)]
    assert broken == []


def violations(agent: Agent, relation: Relation, host: Host) -> list[Row]:
    """The rows that break it now."""
    return agent.query(relation.broken, ["what"], host)


def test_every_relation_is_looked_at(agent: Agent) -> None:
    """Relations that have no rows on any host prove nothing: each has some on this one or on a fixture."""
    from support.hosts import FIXTURE_HOSTS, LIVE

    hosts = [host for host in (LIVE, *FIXTURE_HOSTS) if agent.can(host) is None]
    if len(hosts) == 1:
        pytest.skip("this host alone need not have rows for all")
    empty = [relation.name for relation in RELATIONS if not any(agent.count(relation.among, host) for host in hosts)]
    assert empty == []
