"""What the game is measured by: small programs that play, time and report, and nothing that judges."""
