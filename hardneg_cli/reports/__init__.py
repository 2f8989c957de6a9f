"""Reports: a run's verdicts and changes as a file. Each file defines `EXTENSIONS` and `write(report, out)`."""
