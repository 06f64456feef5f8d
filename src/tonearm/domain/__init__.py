"""The words of the product: enumerations, errors, instants, text. Nothing here knows a database."""
