"""One row a screen: what people see and press. textual is imported here and nowhere else."""
