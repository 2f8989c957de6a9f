"""How many labels are wrong: draw a random sample for people to answer, and estimate from it, with intervals.

Draw from what `find --all` wrote, fill in decision or new_label, then estimate; `find --audit` recalibrates on it.
"""
