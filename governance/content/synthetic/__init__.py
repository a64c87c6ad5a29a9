"""Made-up Posts in the real shapes, by seed: for demos, tests and benchmarks. Nothing in them is anyone's.

`write_sample` writes files of Posts, `write_people` the tables that people bring beside them, `synthetic_table` and `write_benchmark` give
canonical tables of any size.
"""

from governance.content.synthetic.people import write_people
from governance.content.synthetic.sample import write_sample
from governance.content.synthetic.tables import synthetic_table, write_benchmark

__all__ = ["synthetic_table", "write_benchmark", "write_people", "write_sample"]
