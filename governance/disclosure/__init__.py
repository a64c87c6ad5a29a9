"""How location may leave its Post: aggregated, over areas, over people, about a topic.

Pure functions over numpy and Arrow arrays: no I/O, no ledger, no clock. The road of a Post to a record of a heat map:

1. `scope` and `windows` say whether a Post counts, and in which slot (series, bucket, group);
2. `cells` and `support` give it one cell, indexed once, never finer than what the Post says;
3. `assignment` gives each person one cell per slot, by a secret key;
4. `rollup` turns people per cell into a partition whose every record holds enough people;
5. `audit` asks whether all that was ever released, taken together, gives a small group away;
6. `refresh` says what a released map shows when its people changed since;
7. `rounding` and `certificate` make what leaves.
"""
