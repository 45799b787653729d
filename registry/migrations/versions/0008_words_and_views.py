"""Words to find messages by, saved views, what a conversation was last read in

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TRIGGERS = """
CREATE FUNCTION note_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.body IS NULL THEN
        DELETE FROM message_words WHERE message_id = NEW.id;
        DELETE FROM words_due WHERE message_id = NEW.id;
    ELSE
        INSERT INTO words_due (message_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER words_came AFTER INSERT ON messages FOR EACH ROW WHEN (NEW.body IS NOT NULL) EXECUTE FUNCTION note_words();
CREATE TRIGGER words_changed AFTER UPDATE OF body ON messages FOR EACH ROW
    WHEN (NEW.body IS DISTINCT FROM OLD.body) EXECUTE FUNCTION note_words();
INSERT INTO words_due (message_id) SELECT id FROM messages WHERE body IS NOT NULL;
"""


def upgrade() -> None:
    op.create_table(
        "message_words",
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_message_words_message_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_message_words")),
    )
    op.create_index(op.f("ix_message_words_words"), "message_words", ["words"], postgresql_using="gin")
    op.create_table(
        "words_due",
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_words_due_message_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_words_due")),
    )
    op.create_table(
        "saved_views",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name=op.f("fk_saved_views_operator_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
    )
    op.create_index(op.f("ix_saved_views_operator_id_name"), "saved_views", ["operator_id", "name"], unique=True)
    op.add_column("conversations", sa.Column("language", sa.Text(), nullable=True))
    op.add_column("conversations", sa.Column("confidence", sa.Float(), nullable=True))
    op.create_index("ix_conversations_waiting", "conversations", ["last_at", "id"], postgresql_where=sa.text("needs_person"))
    op.create_index(op.f("ix_conversations_last_intent_last_at_id"), "conversations", ["last_intent", "last_at", "id"])
    op.create_index(op.f("ix_conversations_outcome_last_at_id"), "conversations", ["outcome", "last_at", "id"])
    op.create_index(op.f("ix_conversations_language_last_at_id"), "conversations", ["language", "last_at", "id"])
    op.execute(TRIGGERS)


def downgrade() -> None:
    op.execute("DROP TRIGGER words_changed ON messages; DROP TRIGGER words_came ON messages; DROP FUNCTION note_words()")
    op.drop_index(op.f("ix_conversations_language_last_at_id"), table_name="conversations")
    op.drop_index(op.f("ix_conversations_outcome_last_at_id"), table_name="conversations")
    op.drop_index(op.f("ix_conversations_last_intent_last_at_id"), table_name="conversations")
    op.drop_index("ix_conversations_waiting", table_name="conversations")
    op.drop_column("conversations", "confidence")
    op.drop_column("conversations", "language")
    op.drop_table("saved_views")
    op.drop_table("words_due")
    op.drop_table("message_words")
