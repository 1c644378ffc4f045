"""Stacks of paper as a scanner gives them: drawn, then skewed, noised, turned over and pressed into JPEG. Every page differs."""

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import img2pdf
import segno
from django.utils import timezone
from PIL import Image, ImageDraw, ImageFont

from bpmc_portal.jobs import services as jobs
from bpmc_portal.jobs.models import Job
from digitization.separators import payload_of

PAGE = (827, 1169)  # A4 at 100 dpi
WORDS = [
    "hồ",
    "sơ",
    "đăng",
    "ký",
    "hợp",
    "đồng",
    "cung",
    "ứng",
    "lao",
    "động",
    "bản",
    "sao",
    "chứng",
    "thực",
    "người",
    "nộp",
    "căn",
    "cứ",
    "nghị",
    "định",
    "thông",
    "tư",
]


OURS = (
    "digitization.split_batch",
    "digitization.file_assigned",
    "dossiers.file_batch",
    "dossiers.file_run",
)


@dataclass(frozen=True)
class Sheet:
    """One side of paper: a page with some text, a separator of a place, or a white back."""

    text: str = ""
    place: str = ""


@cache
def noise() -> Image.Image:
    """Return more noise than a page needs; each takes another part of it."""
    return Image.effect_noise((PAGE[0] + 400, PAGE[1] + 400), 26)


def draw(sheet: Sheet) -> Image.Image:
    """Draw one side as it left the printer."""
    page = Image.new("L", PAGE, 250)
    pen = ImageDraw.Draw(page)
    if sheet.place:
        code = io.BytesIO()
        segno.make_qr(payload_of(sheet.place), error="h").save(code, kind="png", scale=8, border=4)
        square = Image.open(code).convert("L")
        page.paste(square, ((PAGE[0] - square.width) // 2, 60))
        page.paste(square.rotate(180), ((PAGE[0] - square.width) // 2, PAGE[1] - 60 - square.height))
        pen.text((80, PAGE[1] // 2), sheet.place, fill=20, font=ImageFont.load_default(26))
    elif sheet.text:
        shuffled = random.Random(sheet.text)
        pen.text((80, 60), sheet.text, fill=20, font=ImageFont.load_default(34))
        for line in range(28):
            words = " ".join(shuffled.choice(WORDS) for _word in range(9))
            pen.text((80, 140 + 33 * line), words, fill=30, font=ImageFont.load_default(17))
    return page


def scanned(sheet: Sheet, number: int) -> bytes:
    """Return a JPEG of one side as it came out of the scanner: up to 2 degrees askew, noisy, every seventh upside down."""
    chance = random.Random(number)
    page = draw(sheet).rotate(chance.uniform(-2, 2), fillcolor=235, resample=Image.Resampling.BILINEAR)
    if number % 7 == 3:
        page = page.rotate(180)
    left, top = chance.randrange(400), chance.randrange(400)
    page = Image.blend(page, noise().crop((left, top, left + PAGE[0], top + PAGE[1])), 0.12)
    out = io.BytesIO()
    page.save(out, "JPEG", quality=55, dpi=(100, 100))
    return out.getvalue()


def pdf_of(sheets: Sequence[Sheet]) -> bytes:
    """Return the stack as one PDF, as a scanner writes it."""
    made: bytes = img2pdf.convert([scanned(sheet, number) for number, sheet in enumerate(sheets)])
    return made


def tiff_of(sheets: Sequence[Sheet]) -> bytes:
    """Return the stack as one TIFF of many pages."""
    pages = [Image.open(io.BytesIO(scanned(sheet, number))) for number, sheet in enumerate(sheets)]
    out = io.BytesIO()
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:], compression="jpeg", dpi=(100, 100))
    return out.getvalue()


def work(*kinds: str) -> None:
    """Do the jobs of splitting and filing that are due; reading and checking the papers is not this test's."""
    waiting = Job.objects.filter(kind__in=kinds or OURS, done_at=None, dead_at=None).order_by("pk")
    while keys := list(waiting.filter(not_before__lte=timezone.now()).values_list("dedup_key", flat=True)):
        assert all([jobs.run(key) for key in keys])  # noqa: C419  (each of them is run)
