"""Files: written whole or not at all, and read within limits, as others may have made them."""
