"""What the suites share: agents, hosts, waiting, processes."""
