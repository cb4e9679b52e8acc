"""How many masks go with how many styles. Imports nothing heavy."""

from __future__ import annotations

from painterly.errors import UsageError

__all__ = ["check_masks"]


def check_masks(styles: int, masks: int) -> None:
    """Make sure that there are as many masks as styles, or one less.

    Raises:
        UsageError: There are more or fewer.
    """
    if styles > 1 and not masks:
        raise UsageError(f"there are {styles} styles and no mask that says where each belongs")
    if masks not in (styles, styles - 1):
        many = f"{styles} style{'s' if styles != 1 else ''} and {masks} mask{'s' if masks != 1 else ''}"
        raise UsageError(
            f"{many} do not go together; give one mask for each style, or none to the last, which then fills what is "
            "left"
        )
