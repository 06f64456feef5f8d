"""What the catalogues of the languages are kept with."""
