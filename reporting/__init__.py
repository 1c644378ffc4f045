"""The plan's targets against what was measured."""
