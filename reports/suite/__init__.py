"""What is said of a test suite: verdicts, what it reaches, and scripts for the rest."""
