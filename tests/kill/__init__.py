"""What is left when processes are killed: programs that kill, and look."""
