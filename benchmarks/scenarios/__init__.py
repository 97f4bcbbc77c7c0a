"""The work that is timed. Each module runs under either package, so it imports only published names."""
