"""How values are made comparable: one SQL expression per kind of attribute, the same on every engine."""

from typing import Final

from governance.engines.plan import quoted

_HOST: Final = r"(?:https?://)?(?:www\.|m\.|mobile\.)?(?:twitter|x)\.com/"
_WIDE_AT: Final = "\uff20"
_HANDLE: Final = (
    rf"^\s*(?:{_HOST}(?:#!/)?(?:intent/(?:user|follow)/?\?(?:.*&)?screen_name=)?)?[@{_WIDE_AT}]?([a-z0-9_]{{1,20}})(?:[/?#&].*)?\s*$"
)
_ID_URL: Final = rf"^{_HOST}(?:i/user/|intent/(?:user|follow)/?\?(?:.*&)?user_id=)([0-9]{{1,19}})(?:[/?#&].*)?$"
_RESERVED: Final = " i home intent search hashtag share explore settings login privacy tos "

PUBLIC_ATTRIBUTES: Final = frozenset(
    {"x.user.id", "x.user.handle", "x.user.display_name", "x.user.bio", "x.user.stated_location", "x.post.text"},
)
"""What an account shows everyone: the only X side of a comparison. A geotag is never one."""

ACCOUNT_LABELS: Final = {
    "user_id": "x.user.id",
    "id": "x.user.id",
    "author_id": "x.user.id",
    "handle": "x.user.handle",
    "username": "x.user.handle",
    "screen_name": "x.user.handle",
    "author_handle": "x.user.handle",
    "display_name": "x.user.display_name",
    "name": "x.user.display_name",
    "bio": "x.user.bio",
    "description": "x.user.bio",
    "stated_location": "x.user.stated_location",
    "text": "x.post.text",
}
"""What a column of an accounts table holds, by its name; any other column is not public."""


def text_of(column: str, sql_type: str = "VARCHAR") -> str:
    """A column as text, NULL where it is empty; whole numbers in float columns keep their digits, damaged ones are NULL."""
    if sql_type in {"DOUBLE", "FLOAT"}:
        whole = f"{column} = floor({column}) AND abs({column}) < 9007199254740992"
        return f"CASE WHEN {whole} THEN CAST(CAST({column} AS BIGINT) AS VARCHAR) END"
    return f"nullif(CAST({column} AS VARCHAR), '')"


def key(attribute: str, text: str) -> str:
    """The comparable form of a text expression: case, `@` and URL forms of handles, digits of ids, case and blanks of the rest."""
    if attribute == "x.user.handle":
        return _handle(text)
    if attribute == "x.user.id":
        return _number(text)
    return f"nullif(lower(trim({text})), '')"


def _handle(text: str) -> str:
    """Most handles are `name` or `@name`, and take no regular expression; URLs, blanks and wide signs do."""
    rare = " OR ".join(f"instr({text}, '{sign}') > 0" for sign in ("/", " ", "\t", _WIDE_AT))
    found = f"regexp_extract(lower({text}), '{_HANDLE}', 1)"
    reserved = f"instr('{_RESERVED}', concat(' ', {found}, ' ')) > 0"
    url = f"CASE WHEN {found} = '' OR (instr({text}, '/') > 0 AND {reserved}) THEN NULL ELSE {found} END"
    plain = f"nullif(CASE WHEN substr({text}, 1, 1) = '@' THEN substr(lower({text}), 2) ELSE lower({text}) END, '')"
    return f"CASE WHEN {rare} THEN {url} ELSE {plain} END"


def _number(text: str) -> str:
    """Digits as a number, so that leading zeros and engines' spellings do not matter; an exponent is a damaged id: NULL."""
    url = f"nullif(regexp_extract(lower({text}), '{_ID_URL}', 1), '')"
    digits = f"CASE WHEN translate(trim({text}), '0123456789', '') = '' THEN trim({text}) WHEN instr({text}, '/') > 0 THEN {url} END"
    return f"TRY_CAST({digits} AS BIGINT)"


def timestamp(column: str, sql_type: str) -> str:
    """A column as a time in UTC; what can't be read is NULL."""
    name = quoted(column)
    if sql_type in {"VARCHAR", "TIMESTAMP WITH TIME ZONE"}:
        return f"make_timestamp(epoch_us(TRY_CAST({name} AS TIMESTAMPTZ)))"
    return f"TRY_CAST({name} AS TIMESTAMP)"
