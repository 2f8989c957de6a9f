"""Hardening: what is attacked and how, who is kept out, which rows are held out, and what came of it."""
