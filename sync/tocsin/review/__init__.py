"""What a change does to what is sent: two states of the definitions compared by their messages."""
