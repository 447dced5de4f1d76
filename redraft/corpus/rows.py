"""Gets the rows of an index into Chroma: into a changed copy of the parent's folder, or into an empty one.

Copying costs a tenth of inserting every row. Afterwards the ids must be exactly the wanted ones; if they are not, or
if too many rows were deleted since the graph was last built (it never forgets them), all rows are inserted anew, from
the vectors that the parent holds.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from redraft.corpus.vectors import Vectors, add_vectors, delete_vectors, open_vectors, stored_ids, stored_vectors
from redraft.errors import RunError

_MAX_DELETED_SHARE = 0.3


class RowsLostError(Exception):
    """The parent's rows cannot be used; every text has to be embedded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentRows:
    """What the parent's collection holds."""

    folder: Path
    ids: frozenset[str]
    source_of: Mapping[str, str]  # id of a wanted row -> id of the parent's row with the same text
    deleted: int  # rows deleted since its graph was built


def store_rows(ids: Sequence[str], new: Mapping[str, Vectors], folder: Path, parent: ParentRows | None) -> int:
    """Fill a fresh Chroma folder with exactly these rows.

    Args:
        ids: All rows that are wanted.
        new: Vectors of those that the parent does not hold.
        folder: Does not exist yet.
        parent: What can be reused.

    Returns:
        How many rows were deleted since the graph was built.

    Raises:
        RowsLostError: The parent's folder is broken.
    """
    rows = dict(new)
    if parent is not None:
        copy = folder.with_name(f"{folder.name}.copy")  # Chroma never forgets a path at which it failed
        try:
            shutil.copytree(parent.folder, copy)
            deleted = parent.deleted + len(parent.ids.difference(ids))
            if deleted <= _MAX_DELETED_SHARE * len(ids) and _change_copy(ids, new, copy, parent):
                copy.replace(folder)
                return deleted
            rows |= _moved_rows(ids, new, copy, parent)
        except Exception as error:  # noqa: BLE001 - what a broken folder makes Chroma raise is anybody's guess
            raise RowsLostError(f"{type(error).__name__}: {error}") from None
        finally:
            shutil.rmtree(copy, ignore_errors=True)
    with open_vectors(folder, create=True) as collection:
        add_vectors(collection, ids, np.stack([rows[chunk_id] for chunk_id in ids]))
        if sorted(stored_ids(collection)) != sorted(ids):
            raise RunError(
                f"Chroma stored {collection.count()} of {len(ids)} rows", remedy="check the disk's free space"
            )
    return 0


def _moved_rows(ids: Sequence[str], new: Mapping[str, Vectors], folder: Path, parent: ParentRows) -> dict[str, Vectors]:
    """Read the rows whose texts the parent holds, whatever it calls them."""
    known = [chunk_id for chunk_id in ids if chunk_id not in new]
    with open_vectors(folder) as collection:
        vectors = stored_vectors(collection, [parent.source_of[chunk_id] for chunk_id in known])
    return dict(zip(known, vectors, strict=True))


def _change_copy(ids: Sequence[str], new: Mapping[str, Vectors], folder: Path, parent: ParentRows) -> bool:
    added = [chunk_id for chunk_id in ids if chunk_id not in parent.ids]
    removed = sorted(parent.ids.difference(ids))
    moved = [chunk_id for chunk_id in added if chunk_id not in new]
    with open_vectors(folder) as collection:
        if moved:  # the text is on another page now, or under another heading
            old = stored_vectors(collection, [parent.source_of[chunk_id] for chunk_id in moved])
            new = {**new, **dict(zip(moved, old, strict=True))}
        delete_vectors(collection, removed)
        if added:
            add_vectors(collection, added, np.stack([new[chunk_id] for chunk_id in added]))
        # Listing all ids would take a third of the time; its parent's were checked in the same way.
        there = stored_ids(collection, [*added, *removed])
        return collection.count() == len(ids) and sorted(there) == sorted(added)
