"""E-mail, both directions: letters out (`sender`), the links in them (`pages`), what cannot be delivered (`bounces`) (D13)."""
