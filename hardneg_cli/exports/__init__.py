"""Exports: what annotation tools write of the tasks that they were given, read as filled queues."""
