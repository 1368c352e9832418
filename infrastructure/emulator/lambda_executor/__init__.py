"""Runs each Lambda execution environment of LocalStack as a Node.js process, without Docker."""
