"""What is forgotten once it is old enough, and how far the clock may be trusted that says so."""
