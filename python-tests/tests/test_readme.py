"""The README's examples, executed."""

from __future__ import annotations

import doctest
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"


def test_examples() -> None:
    parser = doctest.DocTestParser()
    examples = parser.get_doctest(README.read_text().replace("```", ""), {}, README.name, str(README), 0)
    assert len(examples.examples) > 15
    told: list[str] = []
    runner = doctest.DocTestRunner(verbose=False)
    runner.run(examples, out=told.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(told)
