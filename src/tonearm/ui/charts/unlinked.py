"""Charts for where there is nothing to go to."""

import re

from markupsafe import Markup

_LINK = re.compile(r"<a [^>]*>")


def unlinked(drawing: str) -> Markup:
    """Give a chart of ours, or a part of one, without what its marks lead to."""
    # What is left of it was escaped when it was drawn.
    return Markup(_LINK.sub("<g>", drawing).replace("</a>", "</g>"))  # noqa: S704 # nosec B704 - see above
