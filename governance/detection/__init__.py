"""What a column holds: recognisers, the place test, tests across columns, and the scan of artifacts. Findings never hold a value."""

from governance.detection.cleaning import clean_table
from governance.detection.detector import detect_source, detect_table
from governance.detection.evidence import Detected, Detection

__all__ = ["Detected", "Detection", "clean_table", "detect_source", "detect_table"]
