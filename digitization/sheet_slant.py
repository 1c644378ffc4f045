"""How a scanned sheet lies: shared by the programs that check and read pages. It imports nothing of the project."""

from typing import Any

STEEPEST = 6.0  # degrees; steeper sheets are flagged and laid on the glass again
A4_INCHES = 8.27
_USUAL_DPI = (60, 1300)  # what else a picture says of itself is nonsense


def slant_of(image: Any) -> float:
    """Return by how many degrees to turn the page to the left so that its lines lie level: the sharpest row profile wins.

    Tesseract's own look at the slant costs half a reading, this a twentieth.
    """
    import cv2
    import numpy as np

    grey = np.asarray(
        image if image.mode == "L" else image.getchannel(0) if image.mode == "RGB" else image.convert("L")
    )
    whole, coarse = _ink_of(grey, 620), _ink_of(grey, 310)
    best = 0.0
    for ink, step, reach in ((coarse, 0.5, STEEPEST), (whole, 0.1, 0.5), (whole, 0.05, 0.05)):
        down, across = ink.shape
        middle, sharpest = best, -1.0
        for angle in np.arange(middle - reach, middle + reach + 1e-6, step):
            matrix = cv2.getRotationMatrix2D((across / 2, down / 2), angle, 1)
            profile = cv2.warpAffine(ink, matrix, (across, down)).sum(axis=1, dtype=np.float64)
            sharpness = float(np.square(np.diff(profile)).sum())
            if sharpness > sharpest:
                best, sharpest = float(angle), sharpness
    return best


def _ink_of(grey: Any, width: int) -> Any:
    """Return the page that many dots wide, ink white on black."""
    import cv2

    size = (width, max(1, grey.shape[0] * width // grey.shape[1]))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return cv2.threshold(small, 0, 255, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)[1]


def dpi_of(image: Any) -> float:
    """Return the resolution that a picture tells, or the one it has if it shows a sheet of A4."""
    told = float(image.info.get("dpi", (0, 0))[0])
    is_told = _USUAL_DPI[0] < told < _USUAL_DPI[1] and abs(told - 72) > 0.5 and abs(told - 96) > 0.5
    return told if is_told else max(min(image.size) / A4_INCHES, 72)
