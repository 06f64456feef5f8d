"""Engine, tables, transactions, migrations and packed columns, the same on SQLite and PostgreSQL."""
