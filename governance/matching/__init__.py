"""Who may be matched: declared facts, consents as of a moment, decisions, masking before comparing, the life of an edge."""
