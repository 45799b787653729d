"""A pilot lived again on one machine: a country, its clinics and patients, day by day through the registry's own use cases."""
