"""How X Content comes: readers for every shape, one canonical Post table.

`read_posts` gives a lazy scan (`Posts`) over any shape; `POST_SCHEMA` is the table it yields, `POST_LABELS` what each column holds.
"""

from governance.content.formats import recognise
from governance.content.posts import Posts, read_posts
from governance.content.rejected import REASONS, Rejected, Rejection
from governance.content.schema import POST_LABELS, POST_SCHEMA

__all__ = ["POST_LABELS", "POST_SCHEMA", "REASONS", "Posts", "Rejected", "Rejection", "read_posts", "recognise"]
