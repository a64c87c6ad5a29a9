"""The public functions: each passes results between the capabilities and records what happened."""
