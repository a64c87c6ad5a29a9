"""Great Expectations: one expectation class per rule, on pandas and SQL batches; an action that records; suites per kind.

Great Expectations carries verdicts, the rules decide: each batch is checked once by `governance.check`, and every expectation takes its
rule's outcome from that one report. No result holds a value of the data, whatever its `result_format`.

>>> from governance.adapters.great_expectations import expectation_classes
>>> expectation_classes()["LOC001"].__name__
'ExpectLocationWithPost'
"""

from governance.adapters.great_expectations.action import GovernanceAction
from governance.adapters.great_expectations.expectations import GovernanceExpectation, expectation_classes
from governance.adapters.great_expectations.projection import project_result
from governance.adapters.great_expectations.suites import load_suite, suite_for

__all__ = ["GovernanceAction", "GovernanceExpectation", "expectation_classes", "load_suite", "project_result", "suite_for"]
