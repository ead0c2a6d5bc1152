"""SQL about hosts, in process, and the harness that proves the answers.

>>> import plumb
>>> engine = plumb.Engine({"/etc/passwd": "root:x:0:0:root:/root:/bin/sh\\n"})
>>> engine.query("SELECT uid, username FROM users")
[{'uid': 0, 'username': 'root'}]
"""

from ._plumb import (
    ArrowStream,
    BudgetError,
    Column,
    ConstraintError,
    Diagnostic,
    Engine,
    Error,
    File,
    Host,
    Note,
    Oracle,
    Question,
    SqlError,
    Table,
    Verdict,
    __version__,
    oracle,
    oracles,
    schema,
)

__all__ = [
    "ArrowStream",
    "BudgetError",
    "Column",
    "ConstraintError",
    "Diagnostic",
    "Engine",
    "Error",
    "File",
    "Host",
    "Note",
    "Oracle",
    "Question",
    "SqlError",
    "Table",
    "Verdict",
    "__version__",
    "oracle",
    "oracles",
    "schema",
]
