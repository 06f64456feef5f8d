"""Charts as SVG: pure functions from records to markup, the same on a page and on paper."""
