"""Say how many labels are wrong, from a small random sample.

Draw from what `find --all` wrote, fill in decision or new_label, then estimate; `find --audit` recalibrates on it.
"""

GROUP = "find"
