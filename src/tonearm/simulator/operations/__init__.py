"""The operations of the Web API, a module for each family of resources; `OPERATIONS` is its part of the table."""
