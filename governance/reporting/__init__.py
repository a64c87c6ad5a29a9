"""What people read: reports as JSON, Markdown and text, the review site, and maps (in `maps`). No value of the data passes through here."""

from governance.reporting.reports import banded, report_json, report_markdown, report_text

__all__ = ["banded", "report_json", "report_markdown", "report_text"]
