"""Files: written atomically, and read within limits, as they may come from untrusted sources."""
