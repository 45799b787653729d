"""First tables

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "patients",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("identifier_system", sa.Text(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=False),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("died_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patients")),
    )
    op.create_index(op.f("ix_patients_identifier_system_identifier"), "patients", ["identifier_system", "identifier"], unique=True)
    op.create_table(
        "providers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_providers")),
        sa.UniqueConstraint("code", name=op.f("uq_providers_code")),
    )
    op.create_table(
        "contact_persons",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("relationship", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_contact_persons_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_persons")),
    )
    op.create_index(op.f("ix_contact_persons_patient_id"), "contact_persons", ["patient_id"], unique=False)
    op.create_table(
        "conversations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=True),
        sa.Column("last_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("last_intent", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("needs_person", sa.Boolean(), nullable=False),
        sa.Column("memory", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_conversations_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
    )
    op.create_index(op.f("ix_conversations_channel_address"), "conversations", ["channel", "address"], unique=True)
    op.create_index(op.f("ix_conversations_last_at_id"), "conversations", ["last_at", "id"], unique=False)
    op.create_table(
        "places",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("street", sa.Text(), nullable=False),
        sa.Column("postcode", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name=op.f("fk_places_provider_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_places")),
    )
    op.create_index(op.f("ix_places_provider_id"), "places", ["provider_id"], unique=False)
    op.create_table(
        "referrals",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("issued_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("category IN ('urgent', 'stable')", name=op.f("ck_referrals_category")),
        sa.CheckConstraint("state IN ('issued', 'used', 'cancelled')", name=op.f("ck_referrals_state")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_referrals_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referrals")),
    )
    op.create_index(op.f("ix_referrals_patient_id"), "referrals", ["patient_id"], unique=False)
    op.create_table(
        "contact_points",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_person_id", sa.BigInteger(), nullable=True),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("channel IN ('sms', 'voice', 'email')", name=op.f("ck_contact_points_channel")),
        sa.CheckConstraint("state IN ('active', 'opted_out', 'invalid', 'wrong_person')", name=op.f("ck_contact_points_state")),
        sa.ForeignKeyConstraint(["contact_person_id"], ["contact_persons.id"], name=op.f("fk_contact_points_contact_person_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_contact_points_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_points")),
    )
    op.create_index(op.f("ix_contact_points_patient_id_value"), "contact_points", ["patient_id", "value"], unique=True)
    op.create_index(op.f("ix_contact_points_value"), "contact_points", ["value"], unique=False)
    op.create_table(
        "schedules",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("place_id", sa.BigInteger(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name=op.f("fk_schedules_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedules")),
    )
    op.create_index(op.f("ix_schedules_place_id"), "schedules", ["place_id"], unique=False)
    op.create_table(
        "entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("referral_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_point_id", sa.BigInteger(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("privileged", sa.Boolean(), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.Column("joined_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("queue_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("returns", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("closed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("closed_because", sa.Text(), nullable=True),
        sa.Column("criteria_version", sa.BigInteger(), nullable=False),
        sa.Column("date_from", sa.Date(), nullable=False),
        sa.Column("date_to", sa.Date(), nullable=True),
        sa.Column("hour_from", sa.Time(), nullable=True),
        sa.Column("hour_to", sa.Time(), nullable=True),
        sa.Column("weekdays", sa.SmallInteger(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("radius_km", sa.Double(), nullable=True),
        sa.Column("place_ids", postgresql.ARRAY(sa.BigInteger()), nullable=True),
        sa.CheckConstraint("category IN ('urgent', 'stable')", name=op.f("ck_entries_category")),
        sa.CheckConstraint("state IN ('waiting', 'offered', 'booked', 'closed')", name=op.f("ck_entries_state")),
        sa.ForeignKeyConstraint(["contact_point_id"], ["contact_points.id"], name=op.f("fk_entries_contact_point_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_entries_patient_id")),
        sa.ForeignKeyConstraint(["referral_id"], ["referrals.id"], name=op.f("fk_entries_referral_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entries")),
    )
    op.create_index(
        "ix_entries_queue", "entries", ["service", "rank", "queue_at", "id"], unique=False, postgresql_where=sa.text("state = 'waiting'")
    )
    op.create_index(
        "uq_entries_patient_service", "entries", ["patient_id", "service"], unique=True, postgresql_where=sa.text("state <> 'closed'")
    )
    op.create_index("uq_entries_referral", "entries", ["referral_id"], unique=True, postgresql_where=sa.text("state <> 'closed'"))
    op.create_table(
        "slots",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("schedule_id", sa.BigInteger(), nullable=False),
        sa.Column("place_id", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=False),
        sa.Column("clinic_slot_id", sa.Text(), nullable=False),
        sa.Column("seat", sa.BigInteger(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("pool", sa.Text(), nullable=False),
        sa.Column("starts_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ends_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "pool IN ('FIRST_URGENT', 'FIRST_STABLE', 'FIRST_PRIVILEGED', 'CONTROL', 'SCREENING')", name=op.f("ck_slots_pool")
        ),
        sa.CheckConstraint("state IN ('pending', 'free', 'taken', 'withdrawn', 'quarantined')", name=op.f("ck_slots_state")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_slots_span")),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name=op.f("fk_slots_place_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name=op.f("fk_slots_provider_id")),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedules.id"], name=op.f("fk_slots_schedule_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slots")),
    )
    op.create_index("ix_slots_free", "slots", ["service", "starts_at"], unique=False, postgresql_where=sa.text("state = 'free'"))
    op.create_index("ix_slots_pending", "slots", ["local_date"], unique=False, postgresql_where=sa.text("state = 'pending'"))
    op.create_index(op.f("ix_slots_schedule_id_clinic_slot_id_seat"), "slots", ["schedule_id", "clinic_slot_id", "seat"], unique=True)
    op.create_table(
        "appointments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("slot_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.Column("referral_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_point_id", sa.BigInteger(), nullable=False),
        sa.Column("place_id", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("visit_type", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("moves", sa.BigInteger(), nullable=False),
        sa.Column("criteria_version", sa.BigInteger(), nullable=True),
        sa.Column("starts_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ends_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("booked_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("confirmed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("cancelled_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.Column("held_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("(status = 'cancelling') <= (held_until IS NOT NULL)", name=op.f("ck_appointments_hold_ends")),
        sa.CheckConstraint("(status = 'proposed') <= (expires_at IS NOT NULL)", name=op.f("ck_appointments_offer_ends")),
        sa.CheckConstraint(
            "status IN ('proposed', 'booked', 'cancelling', 'cancelled', 'declined', 'expired', 'fulfilled', 'noshow')",
            name=op.f("ck_appointments_status"),
        ),
        sa.CheckConstraint("visit_type IN ('first', 'control', 'screening')", name=op.f("ck_appointments_visit_type")),
        sa.ForeignKeyConstraint(["contact_point_id"], ["contact_points.id"], name=op.f("fk_appointments_contact_point_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_appointments_entry_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_appointments_patient_id")),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name=op.f("fk_appointments_place_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name=op.f("fk_appointments_provider_id")),
        sa.ForeignKeyConstraint(["referral_id"], ["referrals.id"], name=op.f("fk_appointments_referral_id")),
        sa.ForeignKeyConstraint(["slot_id"], ["slots.id"], name=op.f("fk_appointments_slot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointments")),
    )
    op.create_index(
        "ix_appointments_booked_day", "appointments", ["local_date"], unique=False, postgresql_where=sa.text("status = 'booked'")
    )
    op.create_index(op.f("ix_appointments_contact_point_id"), "appointments", ["contact_point_id"], unique=False)
    op.create_index(
        "ix_appointments_expires_at", "appointments", ["expires_at"], unique=False, postgresql_where=sa.text("status = 'proposed'")
    )
    op.create_index(
        "ix_appointments_held_until", "appointments", ["held_until"], unique=False, postgresql_where=sa.text("status = 'cancelling'")
    )
    op.create_index(op.f("ix_appointments_patient_id"), "appointments", ["patient_id"], unique=False)
    op.create_index(op.f("ix_appointments_slot_id"), "appointments", ["slot_id"], unique=False)
    op.create_index(
        "uq_appointments_entry",
        "appointments",
        ["entry_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('proposed', 'booked', 'cancelling')"),
    )
    op.create_index(
        "uq_appointments_first_visit",
        "appointments",
        ["patient_id", "service"],
        unique=True,
        postgresql_where=sa.text("visit_type <> 'control' AND status IN ('proposed', 'booked', 'cancelling')"),
    )
    op.create_index(
        "uq_appointments_one_offer", "appointments", ["patient_id"], unique=True, postgresql_where=sa.text("status = 'proposed'")
    )
    op.create_index(
        "uq_appointments_referral",
        "appointments",
        ["referral_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('proposed', 'booked', 'cancelling')"),
    )
    op.create_index(
        "uq_appointments_slot",
        "appointments",
        ["slot_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('proposed', 'booked', 'cancelling')"),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=True),
        sa.Column("provider_id", sa.BigInteger(), nullable=True),
        sa.Column("slot_id", sa.BigInteger(), nullable=True),
        sa.Column("appointment_id", sa.BigInteger(), nullable=True),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointments.id"], name=op.f("fk_events_appointment_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_events_entry_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name=op.f("fk_events_provider_id")),
        sa.ForeignKeyConstraint(["slot_id"], ["slots.id"], name=op.f("fk_events_slot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_appointment_id"), "events", ["appointment_id"], unique=False)
    op.create_index(op.f("ix_events_provider_id_id"), "events", ["provider_id", "id"], unique=False)
    op.create_index(op.f("ix_events_slot_id"), "events", ["slot_id"], unique=False)
    op.create_table(
        "messages",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("asks", sa.Text(), nullable=True),
        sa.Column("patient_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_point_id", sa.BigInteger(), nullable=True),
        sa.Column("appointment_id", sa.BigInteger(), nullable=True),
        sa.Column("visit_version", sa.BigInteger(), nullable=True),
        sa.Column("visit_starts_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("in_reply_to", sa.BigInteger(), nullable=True),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("claimed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("lease_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("wire_id", sa.Text(), nullable=True),
        sa.Column("error_code", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("done_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("ck_messages_direction")),
        sa.CheckConstraint(
            "state IN ('received', 'queued', 'sending', 'accepted', 'sent', 'delivered', 'undelivered', 'failed', 'suppressed')",
            name=op.f("ck_messages_state"),
        ),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointments.id"], name=op.f("fk_messages_appointment_id")),
        sa.ForeignKeyConstraint(["contact_point_id"], ["contact_points.id"], name=op.f("fk_messages_contact_point_id")),
        sa.ForeignKeyConstraint(["in_reply_to"], ["messages.id"], name=op.f("fk_messages_in_reply_to")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_messages_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    op.create_index(op.f("ix_messages_channel_address_id"), "messages", ["channel", "address", "id"], unique=False)
    op.create_index("ix_messages_due", "messages", ["due_at", "id"], unique=False, postgresql_where=sa.text("state = 'queued'"))
    op.create_index(op.f("ix_messages_in_reply_to"), "messages", ["in_reply_to"], unique=False)
    op.create_index("ix_messages_leased", "messages", ["lease_until"], unique=False, postgresql_where=sa.text("state = 'sending'"))
    op.create_index(
        "ix_messages_outstanding", "messages", ["address"], unique=False, postgresql_where=sa.text("state IN ('queued', 'sending')")
    )
    op.create_index(
        "uq_messages_notice",
        "messages",
        ["appointment_id", "visit_version", "kind", "address", "attempt"],
        unique=True,
        postgresql_where=sa.text("direction = 'out' AND visit_version IS NOT NULL"),
    )
    op.create_index("uq_messages_wire_id", "messages", ["wire_id"], unique=True)
    op.create_table(
        "tasks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=True),
        sa.Column("appointment_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'done')", name=op.f("ck_tasks_state")),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointments.id"], name=op.f("fk_tasks_appointment_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_tasks_message_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_tasks_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    op.create_index("ix_tasks_open", "tasks", ["at"], unique=False, postgresql_where=sa.text("state = 'open'"))
    op.create_index("uq_tasks_cause", "tasks", ["kind", "cause"], unique=True)
    op.create_table(
        "turns",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("intent", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("question", sa.Boolean(), nullable=False),
        sa.Column("entities", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("others", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("appointment_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointments.id"], name=op.f("fk_turns_appointment_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_turns_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_turns")),
        sa.UniqueConstraint("message_id", name=op.f("uq_turns_message_id")),
    )


def downgrade() -> None:
    op.drop_table("turns")
    op.drop_index("uq_tasks_cause", table_name="tasks")
    op.drop_index("ix_tasks_open", table_name="tasks", postgresql_where=sa.text("state = 'open'"))
    op.drop_table("tasks")
    op.drop_index("uq_messages_wire_id", table_name="messages")
    op.drop_index("uq_messages_notice", table_name="messages", postgresql_where=sa.text("direction = 'out' AND visit_version IS NOT NULL"))
    op.drop_index("ix_messages_outstanding", table_name="messages", postgresql_where=sa.text("state IN ('queued', 'sending')"))
    op.drop_index("ix_messages_leased", table_name="messages", postgresql_where=sa.text("state = 'sending'"))
    op.drop_index(op.f("ix_messages_in_reply_to"), table_name="messages")
    op.drop_index("ix_messages_due", table_name="messages", postgresql_where=sa.text("state = 'queued'"))
    op.drop_index(op.f("ix_messages_channel_address_id"), table_name="messages")
    op.drop_table("messages")
    op.drop_index(op.f("ix_events_slot_id"), table_name="events")
    op.drop_index(op.f("ix_events_provider_id_id"), table_name="events")
    op.drop_index(op.f("ix_events_appointment_id"), table_name="events")
    op.drop_table("events")
    op.drop_index(
        "uq_appointments_slot", table_name="appointments", postgresql_where=sa.text("status IN ('proposed', 'booked', 'cancelling')")
    )
    op.drop_index(
        "uq_appointments_referral", table_name="appointments", postgresql_where=sa.text("status IN ('proposed', 'booked', 'cancelling')")
    )
    op.drop_index("uq_appointments_one_offer", table_name="appointments", postgresql_where=sa.text("status = 'proposed'"))
    op.drop_index(
        "uq_appointments_first_visit",
        table_name="appointments",
        postgresql_where=sa.text("visit_type <> 'control' AND status IN ('proposed', 'booked', 'cancelling')"),
    )
    op.drop_index(
        "uq_appointments_entry", table_name="appointments", postgresql_where=sa.text("status IN ('proposed', 'booked', 'cancelling')")
    )
    op.drop_index(op.f("ix_appointments_slot_id"), table_name="appointments")
    op.drop_index(op.f("ix_appointments_patient_id"), table_name="appointments")
    op.drop_index("ix_appointments_held_until", table_name="appointments", postgresql_where=sa.text("status = 'cancelling'"))
    op.drop_index("ix_appointments_expires_at", table_name="appointments", postgresql_where=sa.text("status = 'proposed'"))
    op.drop_index(op.f("ix_appointments_contact_point_id"), table_name="appointments")
    op.drop_index("ix_appointments_booked_day", table_name="appointments", postgresql_where=sa.text("status = 'booked'"))
    op.drop_table("appointments")
    op.drop_index(op.f("ix_slots_schedule_id_clinic_slot_id_seat"), table_name="slots")
    op.drop_index("ix_slots_pending", table_name="slots", postgresql_where=sa.text("state = 'pending'"))
    op.drop_index("ix_slots_free", table_name="slots", postgresql_where=sa.text("state = 'free'"))
    op.drop_table("slots")
    op.drop_index("uq_entries_referral", table_name="entries", postgresql_where=sa.text("state <> 'closed'"))
    op.drop_index("uq_entries_patient_service", table_name="entries", postgresql_where=sa.text("state <> 'closed'"))
    op.drop_index("ix_entries_queue", table_name="entries", postgresql_where=sa.text("state = 'waiting'"))
    op.drop_table("entries")
    op.drop_index(op.f("ix_schedules_place_id"), table_name="schedules")
    op.drop_table("schedules")
    op.drop_index(op.f("ix_contact_points_value"), table_name="contact_points")
    op.drop_index(op.f("ix_contact_points_patient_id_value"), table_name="contact_points")
    op.drop_table("contact_points")
    op.drop_index(op.f("ix_referrals_patient_id"), table_name="referrals")
    op.drop_table("referrals")
    op.drop_index(op.f("ix_places_provider_id"), table_name="places")
    op.drop_table("places")
    op.drop_index(op.f("ix_conversations_last_at_id"), table_name="conversations")
    op.drop_index(op.f("ix_conversations_channel_address"), table_name="conversations")
    op.drop_table("conversations")
    op.drop_index(op.f("ix_contact_persons_patient_id"), table_name="contact_persons")
    op.drop_table("contact_persons")
    op.drop_table("providers")
    op.drop_index(op.f("ix_patients_identifier_system_identifier"), table_name="patients")
    op.drop_table("patients")
