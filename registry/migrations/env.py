"""What alembic runs around every revision: the caller's connection, one transaction for each revision."""

from alembic import context

from registry.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata(),
    compare_server_default=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
