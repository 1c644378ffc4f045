"""Scanned Vietnamese papers made on the spot: laid out, drawn at a resolution, then bent, blurred and noised as a scanner does.

The 300-dpi set is that of the benchmark: turned by up to ±0.7°, a light blur, noise, JPEG quality 55. Deterministic by its seed.
"""

import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pypdfium2
from PIL import Image, ImageFilter
from weasyprint import HTML

FONTS = Path(__file__).resolve().parent.parent.parent / "static" / "fonts"
# Each subset of the letters has a family name of its own: WeasyPrint takes two files of one family for one font.
_FACES = "".join(
    f"@font-face {{ font-family: {family}; font-weight: {weight}; font-style: {style};"
    f" src: url({(FONTS / f'tinos-{subset}-{weight}-{style}.woff2').as_uri()}) }}"
    for family, subset in (("Giay", "latin"), ("GiayViet", "vietnamese"))
    for weight in (400, 700)
    for style in ("normal", "italic")
)
_STYLE = f"""{_FACES}
@page {{ size: A4; margin: 20mm 15mm 20mm 30mm }}
body {{ font: 14pt/1.35 Giay, GiayViet; text-align: justify; margin: 0 }}
p {{ margin: 0 0 6pt }} .c {{ text-align: center }} table {{ border-collapse: collapse; width: 100% }}
.grid td, .grid th {{ border: 1pt solid; padding: 3pt 5pt; text-align: left }} .head td {{ vertical-align: top; text-align: center; font-weight: 700; font-size: 12pt; padding: 0 }}
"""
_HEAD = (
    ("BỘ LAO ĐỘNG -", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
    ("THƯƠNG BINH VÀ XÃ HỘI", "Độc lập - Tự do - Hạnh phúc"),
    ("CỤC VIỆC LÀM", ""),
)
DECISION = (
    "Căn cứ Luật Việc làm ngày 16 tháng 11 năm 2013;",
    "Căn cứ Nghị định số 61/2018/NĐ-CP ngày 23 tháng 4 năm 2018 của Chính phủ về thực hiện cơ chế một cửa, một cửa liên thông trong giải quyết thủ tục hành chính;",
    "Theo đề nghị của Trưởng phòng Thông tin thị trường lao động,",
    "Điều 1. Cấp giấy phép hoạt động dịch vụ việc làm cho Công ty Cổ phần Nhân lực Sông Hồng, địa chỉ trụ sở chính tại số 27 phố Lý Thường Kiệt, quận Hoàn Kiếm, thành phố Hà Nội.",
    "Điều 2. Công ty có trách nhiệm thực hiện đúng các quy định của pháp luật về việc làm, báo cáo định kỳ tình hình hoạt động trước ngày 20 tháng 12 hằng năm và chịu sự kiểm tra của cơ quan có thẩm quyền.",
    "Điều 3. Quyết định này có hiệu lực kể từ ngày ký. Chánh Văn phòng Cục, Trưởng phòng Thông tin thị trường lao động và Giám đốc Công ty chịu trách nhiệm thi hành Quyết định này.",
)
FORM = (
    ("Họ và tên:", "Nguyễn Thị Hồng Nhung"),
    ("Ngày, tháng, năm sinh:", "14/10/1986"),
    ("Số định danh cá nhân:", "001186012345"),
    ("Nơi thường trú:", "Xã Đông Hội, huyện Đông Anh, thành phố Hà Nội"),
    ("Nghề nghiệp:", "Điều dưỡng viên"),
    ("Nội dung đề nghị:", "Đăng ký hợp đồng cung ứng lao động"),
    ("Kèm theo:", "Bản sao hợp đồng, giấy khám sức khỏe"),
)
LETTER = (
    "Kính gửi: Ủy ban nhân dân các tỉnh, thành phố trực thuộc trung ương",
    "Thực hiện Kế hoạch nâng cao chất lượng phục vụ người dân và doanh nghiệp, Bộ đề nghị Ủy ban nhân dân các tỉnh, thành phố chỉ đạo các cơ quan chuyên môn rà soát hồ sơ, số hóa kết quả giải quyết thủ tục hành chính còn hiệu lực và cập nhật vào kho dữ liệu điện tử.",
    "Trong quá trình thực hiện, nếu có vướng mắc, đề nghị các địa phương phản ánh về Bộ qua Văn phòng để được hướng dẫn, giải quyết kịp thời. Số liệu báo cáo gửi trước ngày 15 hằng tháng; thông tin về tiến độ được công khai trên cổng thông tin điện tử của Bộ.",
    "Người lao động đi làm việc ở nước ngoài được hưởng quyền lợi theo hợp đồng đã ký, được bảo hộ và hỗ trợ khi gặp rủi ro; thân nhân của người có công với cách mạng được hưởng trợ cấp ưu đãi hằng tháng theo quy định của pháp luật.",
    "Trân trọng cảm ơn sự phối hợp của quý cơ quan.",
)


@dataclass(frozen=True)
class Sheet:
    """One page: its HTML body and the text that stands on it, in reading order."""

    body: str
    text: str


def _of(*lines: str) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


def decision(number: str = "Số: 215/QĐ-CVL", day: str = "Hà Nội, ngày 12 tháng 3 năm 2024") -> Sheet:
    """Return a decision with the two-column head of Nghị định 30/2020."""
    rows = "".join(f"<tr><td width=42%>{left}</td><td>{right}</td></tr>" for left, right in _HEAD)
    head = f"<table class=head>{rows}<tr><td>{number}</td><td><i>{day}</i></td></tr></table>"
    title = ("QUYẾT ĐỊNH", "Về việc cấp giấy phép hoạt động dịch vụ việc làm", "CỤC TRƯỞNG CỤC VIỆC LÀM")
    middle = "".join(f"<p class=c><b>{line}</b></p>" for line in title)
    lines = [f"{left} {right}" for left, right in _HEAD] + [f"{number} {day}", *title, *DECISION]
    return Sheet(f"{head}<br>{middle}{_of(*DECISION)}", "\n".join(lines))


def form() -> Sheet:
    """Return a request with a ruled table."""
    title, words = "ĐƠN ĐỀ NGHỊ GIẢI QUYẾT THỦ TỤC", "Tôi xin cam đoan những lời khai trên là đúng sự thật."
    rows = "".join(f"<tr><td width=36%>{label}</td><td>{value}</td></tr>" for label, value in FORM)
    lines = [title, *(f"{label} {value}" for label, value in FORM), words]
    return Sheet(
        f"<p class=c><b>{title}</b></p><table class=grid>{rows}</table><br>{_of(words)}", "\n".join(lines)
    )


def letter() -> Sheet:
    """Return a page of plain paragraphs."""
    return Sheet(_of(*LETTER), "\n".join(LETTER))


@cache
def born_digital(*sheets: Sheet) -> bytes:
    """Return a PDF with these pages, with their text in it."""
    body = "<div style='page-break-after: always'></div>".join(sheet.body for sheet in sheets)
    made: bytes = HTML(string=f"<html lang=vi><style>{_STYLE}</style><body>{body}</body></html>").write_pdf()
    return made


@cache
def drawn(sheet: Sheet, dpi: int = 300) -> Image.Image:
    """Return the clean page as a grey picture."""
    page = pypdfium2.PdfDocument(born_digital(sheet))[0]
    return page.render(scale=dpi / 72).to_pil().convert("L")  # type: ignore[no-any-return]


def scanned(
    sheet: Sheet,
    *,
    seed: int = 1,
    dpi: int = 300,
    skew: float | None = None,
    blur: float = 0.6,
    noise: int = 10,
) -> Image.Image:
    """Return the page as a scanner sees it: turned (by at most 0.7° unless told), softened, noised."""
    dice = np.random.default_rng(seed)
    angle = dice.uniform(-0.7, 0.7) if skew is None else skew
    picture = drawn(sheet, dpi).rotate(angle, Image.Resampling.BICUBIC, fillcolor=255)
    picture = picture.filter(ImageFilter.GaussianBlur(blur))
    values = np.asarray(picture).astype(np.int32)
    values = values * 235 // 255 + 12 + dice.integers(-noise, noise + 1, values.shape, dtype=np.int32)
    return Image.fromarray(values.clip(0, 255).astype(np.uint8)).convert("RGB")


def jpeg(picture: Image.Image, *, dpi: int | None = 300, quality: int = 55) -> bytes:
    """Return the picture as a scanner's JPEG."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, **({"dpi": (dpi, dpi)} if dpi else {}))
    return out.getvalue()


def pdf(*pictures: Image.Image, dpi: int = 300, quality: int = 55) -> bytes:
    """Return the pictures as the pages of a scanner's PDF."""
    out, (first, *others) = io.BytesIO(), pictures
    first.save(out, "PDF", resolution=dpi, quality=quality, save_all=True, append_images=others)
    return out.getvalue()
