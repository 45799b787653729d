"""The house as people see it: stories played in a browser on a running demonstration."""
