"""Where frameworks live: the command line, Airflow, Great Expectations. Nothing imports these."""
