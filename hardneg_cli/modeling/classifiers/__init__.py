"""Classifiers: each file is named after a kind of model and builds it, untrained, for scikit-learn to fit."""
