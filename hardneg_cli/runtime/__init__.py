"""How a process runs: drawers, evidence on demand, progress, threads, what reaches a terminal."""
