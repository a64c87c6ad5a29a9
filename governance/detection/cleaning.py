"""A table without leftovers: what was removed from it is gone from its bytes too."""

import pyarrow as pa


def clean_table(table: pa.Table) -> pa.Table:
    """Rebuild a table so that its bytes hold what its rows show, and nothing else.

    Filtered rows stay in dictionaries, under null masks and in sliced buffers; dropped columns stay in metadata (a GeoParquet `bbox`,
    pandas attributes). Every array is written anew, dictionaries are decoded, all metadata of schema and fields is dropped.

    Parameters
    ----------
    table
        Any Arrow table.

    Returns
    -------
    pyarrow.Table
        The same rows and column names; dictionary columns come back as plain ones, extension columns as their storage.

    Examples
    --------
    >>> import pyarrow as pa
    >>> kept = pa.table({"town": pa.array(["a", "b"]).dictionary_encode()}).slice(0, 1)
    >>> clean_table(kept).column("town").type
    DataType(string)

    """
    columns = [rebuilt(table.column(name)) for name in range(table.num_columns)]
    fields = [pa.field(field.name, column.type, field.nullable) for field, column in zip(table.schema, columns, strict=True)]
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def rebuilt(column: pa.ChunkedArray) -> pa.Array:
    """One column, written anew."""
    chunks = [_plain(chunk) for chunk in column.chunks]
    kind = _plain_type(column.type)
    if not chunks:
        return pa.array([], type=kind)
    return _anew(pa.concat_arrays(chunks) if len(chunks) > 1 else chunks[0])


def _plain(array: pa.Array) -> pa.Array:
    """Without dictionaries and extension types, at every depth."""
    return array if array.type == _plain_type(array.type) else _convert(array)


def _convert(array: pa.Array) -> pa.Array:
    if isinstance(array, pa.ExtensionArray):
        return _plain(array.storage)
    if pa.types.is_dictionary(array.type):
        return _plain(array.dictionary_decode())
    return pa.array(array.to_pylist(), type=_plain_type(array.type))


def _plain_type(kind: pa.DataType) -> pa.DataType:
    """The type without dictionaries and extension types, at every depth."""
    if isinstance(kind, pa.BaseExtensionType):
        return _plain_type(kind.storage_type)
    if pa.types.is_dictionary(kind):
        return _plain_type(kind.value_type)
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(f.name, _plain_type(f.type), f.nullable) for f in kind])
    return _plain_list(kind) if pa.types.is_nested(kind) else kind


def _plain_list(kind: pa.DataType) -> pa.DataType:
    """Likewise, for lists and maps."""
    if pa.types.is_map(kind):
        return pa.map_(_plain_type(kind.key_type), _plain_type(kind.item_type))
    if pa.types.is_large_list(kind):
        return pa.large_list(_plain_type(kind.value_type))
    if pa.types.is_fixed_size_list(kind):
        return pa.list_(_plain_type(kind.value_type), kind.list_size)
    return pa.list_(_plain_type(kind.value_type)) if pa.types.is_list(kind) else kind


def _anew(array: pa.Array) -> pa.Array:
    """A copy whose buffers hold its own values only: nothing under nulls, before or behind it."""
    if pa.types.is_nested(array.type) or array.null_count:
        return pa.array(array.to_pylist(), type=array.type)
    return array.take(pa.array(range(len(array)), type=pa.int64()))
