"""Tools that make believable test material: exports of an invented listener."""
