"""Alembic's entry: runs on the connection and in the transaction of whoever calls."""

from alembic import context

from tonearm.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,  # the caller's transaction already holds everything
    render_as_batch=True,
)
context.run_migrations()
