"""Turn a phone's HEIC photograph into a JPEG that every screen shows. Runs inside the sandbox only and imports nothing of the project."""

from typing import Any, BinaryIO

from PIL import Image, ImageOps

from digitization.judging_images import FAULTS, too_many_pixels
from digitization.judging_rules import LARGEST_IMAGE, Refused

QUALITY = 92
_LARGEST_PROFILE = 64 * 1024


def to_jpeg(file: BinaryIO, out: BinaryIO, *, origin: str) -> dict[str, Any]:
    """Write the main picture upright as JPEG, without EXIF; the colour profile stays. `origin` becomes its comment."""
    try:
        with Image.open(file, formats=["HEIF"]) as image:
            if image.size[0] * image.size[1] > LARGEST_IMAGE:
                raise too_many_pixels()
            upright = ImageOps.exif_transpose(image).convert("RGB")
            profile = image.info.get("icc_profile") or b""
        kept = profile if len(profile) <= _LARGEST_PROFILE and image.mode == "RGB" else None
        upright.info.clear()
        upright.save(out, "JPEG", quality=QUALITY, exif=b"", icc_profile=kept, comment=origin.encode("ascii"))
    except Image.DecompressionBombError:
        raise too_many_pixels() from None
    except FAULTS as error:
        raise Refused("image_unreadable") from error
    return {"width": upright.width, "height": upright.height}
