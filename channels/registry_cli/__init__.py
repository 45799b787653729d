"""The commands of `cer` for operators and engineers of the registry: one file for each room."""
