"""How long hypothesis searches. The default finds the same every time; `--hypothesis-profile=long` looks elsewhere too."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings

# A busy machine is slow, and a table may have few rows: neither is a finding.
_ALWAYS = settings(
    deadline=None,
    database=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
    # Not Phase.explain, which takes longer than all others.
    phases=(Phase.generate, Phase.shrink),
)
settings.register_profile("ci", _ALWAYS, max_examples=120, derandomize=True)
settings.register_profile("long", _ALWAYS, max_examples=20_000, derandomize=False)
settings.load_profile("ci")
