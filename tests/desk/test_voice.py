"""The spoken call: every phrase has its clips, every clip is a sound, all are small."""

import string
from pathlib import Path

import pytest

from desk.voice import CHIME, CLIPS, call_clips, counter_clips

FOLDER = Path(__file__).resolve().parent.parent.parent / "static" / "voice" / "vi"
# MPEG-2 layer III: kbit/s by the index of the frame header, samples a second by its index, samples a frame.
KBPS = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
RATES = (22_050, 24_000, 16_000)
SAMPLES = 576


def seconds_of(content: bytes) -> float:
    """Walk the frames of an MPEG-2 layer III file and return its length; AssertionError where a frame is broken."""
    place, length = 0, 0.0
    while place + 4 <= len(content):
        assert content[place] == 0xFF
        assert content[place + 1] & 0xFE == 0xF2, "MPEG-2 layer III"
        kbps, rate = KBPS[content[place + 2] >> 4], RATES[content[place + 2] >> 2 & 3]
        place += 72 * kbps * 1000 // rate + (content[place + 2] >> 1 & 1)
        length += SAMPLES / rate
    assert place == len(content)
    return length


def test_every_number_at_every_counter_has_its_clips() -> None:
    on_disk = {file.stem for file in FOLDER.glob("*.mp3")}
    assert on_disk == {*CLIPS, CHIME}
    numbers = [f"{letter}{serial:03d}" for letter in string.ascii_uppercase for serial in range(1000)]
    used = {clip for number in numbers for clip in call_clips(number, 1, priority_prefix="U")}
    used |= {clip for counter in range(1, 100) for clip in counter_clips(counter)}
    assert used <= on_disk
    assert all(len(call_clips(number, 3)) == 7 for number in numbers)


@pytest.mark.parametrize(
    ("number", "counter", "said"),
    [
        ("A012", 3, "mời số a không một hai đến quầy số ba"),
        ("U004", 1, "mời số ưu tiên u không không bốn đến quầy số một"),
        ("B007", 10, "mời số bê không không bảy đến quầy số mười"),
        ("C115", 15, "mời số xê một một năm đến quầy số mười lăm"),
        ("C900", 21, "mời số xê chín không không đến quầy số hai mươi mốt"),
        ("D001", 11, "mời số dê không không một đến quầy số mười một"),
        ("D001", 60, "mời số dê không không một đến quầy số sáu mươi"),
        ("D001", 55, "mời số dê không không một đến quầy số năm mươi lăm"),
    ],
)
def test_numbers_are_said_as_people_say_them(number: str, counter: int, said: str) -> None:
    assert " ".join(CLIPS[clip] for clip in call_clips(number, counter, priority_prefix="U")) == said


def test_the_clips_are_whole_and_small() -> None:
    files = list(FOLDER.glob("*.mp3"))
    lengths = {file.stem: seconds_of(file.read_bytes()) for file in files}
    assert sum(file.stat().st_size for file in files) <= 200 * 1024
    assert all(0.2 <= length <= 20 for length in lengths.values())
    phrase = sum(lengths[clip] for clip in call_clips("A012", 3))
    assert 2.5 <= phrase <= 6
