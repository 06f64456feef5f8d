"""People: who they are, how they prove it, and in which zone they live."""
