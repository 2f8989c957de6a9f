"""The verbs, one function a file; nothing here knows the command line."""
