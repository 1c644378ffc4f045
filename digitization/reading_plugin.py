"""What the reading program adds to OCRmyPDF: the picture is cleaned before Tesseract sees it.

Loaded by OCRmyPDF in a process of its own (reading_program.py); nothing of the project imports it. OCRmyPDF passes pictures on as
PNG between its steps, and packing them as hard as Pillow does costs more than reading them: OpenCV packs them lightly.
"""

import json
import re
import struct
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from ocrmypdf import hookimpl
from ocrmypdf.builtin_plugins.tesseract_ocr import TesseractOcrEngine
from PIL import Image, PngImagePlugin

_A4_AT_300 = 2480  # pixels across
_AFTER_HEAD = 33  # bytes of a PNG: its signature and the first chunk
_WORD = re.compile(rb"class=['\"]ocrx_word['\"][^>]*x_wconf (\d+)")


def _quick_png(image: Image.Image, file: Any, name: str | bytes) -> None:
    if image.mode not in {"L", "RGB"}:
        PngImagePlugin._save(image, file, name)
        return
    # These pictures are for Tesseract alone: of colours the red one is kept, in which red stamps vanish, and a third of the bytes.
    values = np.asarray(image.getchannel(0))
    packed = cv2.imencode(".png", values, [cv2.IMWRITE_PNG_COMPRESSION, 0])[1].tobytes()
    dots = [
        round(float(each) / 0.0254)
        for each in image.encoderinfo.get("dpi") or image.info.get("dpi", (300, 300))
    ]
    told = b"pHYs" + struct.pack(">IIB", *dots[:2], 1)
    chunk = struct.pack(">I", 9) + told + struct.pack(">I", zlib.crc32(told))
    file.write(packed[:_AFTER_HEAD] + chunk + packed[_AFTER_HEAD:])


Image.register_save("PNG", _quick_png)


def cleaned(image: Image.Image) -> Image.Image:
    """Return the page for Tesseract: red stamps gone, dust gone, paper white, ruled lines gone."""
    single = (
        image if image.mode in {"L", "RGB", "RGBA"} else image.convert("RGB" if image.mode == "P" else "L")
    )
    grey: Any = cv2.medianBlur(np.asarray(single.getchannel(0)), 3)
    paper = cv2.medianBlur(cv2.resize(grey, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA), 21)
    grey = cv2.divide(grey, cv2.resize(paper, (grey.shape[1], grey.shape[0])), scale=255)
    ink = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)[1]
    scale = image.width / _A4_AT_300
    for length in ((max(int(150 * scale), 20), 1), (1, max(int(110 * scale), 15))):
        lines = cv2.morphologyEx(ink, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_RECT, length))
        grey[cv2.dilate(lines, np.ones((5, 5), np.uint8)) > 0] = 255
    return Image.fromarray(grey)


class Engine(TesseractOcrEngine):
    """Tesseract; leaves the text and the confidence of each page beside the work."""

    @staticmethod
    def generate_hocr(input_file: Path, output_hocr: Path, output_text: Path, options: Any) -> None:
        """Read one page; its number is the start of the name of its picture."""
        TesseractOcrEngine.generate_hocr(input_file, output_hocr, output_text, options)  # type: ignore[no-untyped-call]
        sure = [int(each) for each in _WORD.findall(Path(output_hocr).read_bytes())]
        said = {
            "text": Path(output_text).read_text(encoding="utf-8").replace("\f", ""),
            "confidence": sum(sure) / len(sure) if sure else None,
        }
        home = Path(options.output_file).parent
        (home / f"{Path(input_file).name[:6]}.json").write_text(json.dumps(said), encoding="utf-8")


@hookimpl
def filter_ocr_image(page: Any, image: Image.Image) -> Image.Image:
    """Clean the page, and keep its resolution, without which Tesseract reads six letters in a hundred wrong."""
    out = cleaned(image)
    out.info["dpi"] = image.info.get("dpi", (300, 300))
    return out


@hookimpl(tryfirst=True)
def get_ocr_engine(options: Any) -> Engine:
    """Read with our engine."""
    return Engine()
