"""Charts as inline SVG: plain functions from figures to one element, the same bytes for the same figures.

Colors and fonts are the page's, by class; all text is escaped. `_svg` has what the charts share.
"""
