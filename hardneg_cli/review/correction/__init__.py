"""The corrected files, their provenance and the way back."""
