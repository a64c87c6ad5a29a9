"""What stands beside the Posts in a file of Posts: columns that X never sends, and that no reader of Posts takes along."""

from collections.abc import Iterator
from dataclasses import replace

from governance.content import POST_LABELS
from governance.detection import detect_table
from governance.engines import DuckTable
from governance.engines.opening import open_part
from governance.model import Column
from governance.vocabulary import OFF_X_IDENTIFIERS, Family, Kind, Status

_KEYS = """
    article attachments author author_id card_uri community_id context_annotations contributors conversation_id coordinates created_at
    current_user_retweet data display_text_range edit_controls edit_history_post_ids edit_history_tweet_ids entities errors
    extended_entities extended_tweet favorite_count favorited filter_level full_text geo id id_str in_reply_to_screen_name
    in_reply_to_status_id in_reply_to_status_id_str in_reply_to_user in_reply_to_user_id in_reply_to_user_id_str includes is_quote_status
    lang matching_rules media_metadata meta metadata non_public_metrics note_post note_tweet organic_metrics place possibly_sensitive
    promoted_metrics public_metrics quote_count quoted_status quoted_status_id quoted_status_id_str quoted_status_permalink
    referenced_posts referenced_tweets reply_count reply_settings retweet_count retweeted retweeted_status scopes search_metadata source
    statuses text timestamp_ms truncated type user username withheld withheld_copyright withheld_in_countries withheld_scope
"""
_OF_X = frozenset(_KEYS.split())
"""The keys of a Post as X sends it, in all versions."""
_PARTS = ("author.", "edit_", "entities.", "geo.", "public_metrics.", "referenced_tweets.", "retweeted_user", "withheld.", "__twarc")
"""How flattened columns of a Post begin."""


def beside_posts(table: DuckTable, kind: Kind) -> Iterator[Column]:
    """Columns of the files behind a table of Posts that name someone off X, or hold location outside whole Posts.

    They are looked at once more where they came from; the rules know their names and labels, and nothing is measured in them.
    """
    for path in table.paths:
        part = open_part(path, _is_of_x)
        for column in detect_table(part) if part else ():
            located = column.family is Family.LOCATION and kind is not Kind.POSTS
            if column.status is not Status.NONE and (located or column.label in OFF_X_IDENTIFIERS):
                yield replace(column, type="beside the Posts")


def _is_of_x(name: str) -> bool:
    return name in _OF_X or name in POST_LABELS or name.startswith(_PARTS)
