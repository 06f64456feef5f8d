"""What formats share when they put an item into words."""

from tonearm.catalogue.descriptions import Description
from tonearm.domain.vocabulary import Kind


def describe(
    kind: Kind, uri: str | None, title: str | None, artist: str | None, album: str | None
) -> Description | None:
    """Make a description; None where there is nothing to know the item by."""
    if uri is None and title is None:
        return None
    return Description(kind.value, uri, title, artist, album)
