"""The pictures of docs/screenshots: which there are, how each page gets into its state, and how they are taken."""
