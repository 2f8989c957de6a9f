"""Screens: what people see and press where a command asks them. textual is imported here and nowhere else."""
