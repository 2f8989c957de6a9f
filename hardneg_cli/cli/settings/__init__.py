"""Settings found in files: what they may say of an option, which paths they may name, and which file is read."""
