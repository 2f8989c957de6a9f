"""A check's gate results and changes as a file. Each file defines `EXTENSIONS` and `write(report, out)`."""
