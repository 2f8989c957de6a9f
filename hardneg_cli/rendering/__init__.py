"""Draws: charts as SVG, and documents as pages, Markdown and text. What is drawn is handed in."""
