"""In place of pyarrow, which is too large for the tests to install."""
