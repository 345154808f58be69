"""Stand-ins for services outside: real servers on loopback that the real clients talk to."""
