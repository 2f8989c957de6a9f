# Makefile: make check judges the dataset; make queue and make report find what is wrong in it.
#
# .hardneg, queue.xlsx and report.html are for .gitignore. Lines of a recipe begin with a tab.

# The dataset: a file.
DATA = data/train.csv
# The column with the text, of which the models learn; for numbers --features COLS, for pictures --image COL.
MODEL = --text text
# What it is judged against. Before a commit the last one; in CI name another: make check BASE=git:origin/main...
BASE = git:HEAD
# The command, or one that is not on the PATH, such as .venv/bin/hardneg.
HARDNEG = hardneg
# The column that says train or test. With it the gate leak is judged.
# CHECK = --split split

PROBS = .hardneg/probs.parquet

.PHONY: check queue report
.DELETE_ON_ERROR:

check:
	$(HARDNEG) check $(DATA) $(MODEL) $(CHECK) --base $(BASE) --cache .hardneg

# The suspect rows, worst first. Filled in, hardneg collect and hardneg apply read it.
queue: $(PROBS)
	$(HARDNEG) find $(DATA) $(MODEL) --probs $(PROBS) -o queue.xlsx

# The picture of the whole dataset, as a page; the worst rows are listed here.
report: $(PROBS)
	$(HARDNEG) find $(DATA) $(MODEL) --probs $(PROBS) --report report.html

# What a cross-validated model says of each row, made anew when the dataset has changed.
$(PROBS): $(DATA)
	mkdir -p $(@D)
	$(HARDNEG) predict $(DATA) $(MODEL) -o $@
