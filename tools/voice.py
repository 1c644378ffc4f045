"""Make the clips of the spoken call again: `python3 -m tools.voice` (needs espeak-ng and lame; not part of the tests).

The same programs give the same files. Silence at both ends is cut and the loudness evened, so that clips stand side by side as one
sentence. Recordings of people replace them by name (docs/decisions/0013-voice.md).
"""

import array
import math
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

from desk.voice import CHIME, CLIPS

TARGET = Path(__file__).resolve().parent.parent / "static" / "voice" / "vi"
RATE = 22_050  # what espeak-ng speaks at
QUIET = 400  # of 32,767: below this it is silence
PEAK = 26_000
EDGE = RATE * 15 // 1000
LIMIT = 200 * 1024


def main() -> int:
    """Write every clip and say how big they are together."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        rough = Path(folder) / "rough.wav"
        for name, text in CLIPS.items():
            voice, speed = ("en-gb", "150") if name.endswith("-en") else ("vi", "140")
            subprocess.run(["espeak-ng", "-v", voice, "-s", speed, "-w", rough, text], check=True)
            encode(even(trimmed(read(rough))), name, kbps=16 if name.startswith("huong-dan") else 32)
        encode(chime(), CHIME, kbps=32)
    total = sum(file.stat().st_size for file in TARGET.glob("*.mp3"))
    print(f"{len(CLIPS) + 1} clips, {total / 1024:.0f} KB")
    return 0 if total <= LIMIT else 1


def read(path: Path) -> "array.array[int]":
    """Return the samples of a mono 16-bit file."""
    with wave.open(str(path)) as file:
        if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, 2, RATE):
            raise ValueError("espeak-ng must speak mono, 16 bits, 22,050 Hz")
        return array.array("h", file.readframes(file.getnframes()))


def trimmed(samples: "array.array[int]") -> "array.array[int]":
    """Cut the silence at both ends, but for a breath."""
    loud = [place for place, value in enumerate(samples) if abs(value) > QUIET]
    return samples[max(loud[0] - EDGE, 0) : loud[-1] + EDGE]


def even(samples: "array.array[int]") -> "array.array[int]":
    """Bring the loudest sample to the same height in every clip."""
    factor = PEAK / max(abs(value) for value in samples)
    return array.array("h", (round(value * factor) for value in samples))


def chime() -> "array.array[int]":
    """Return two falling notes of 0.9 s together, soft at both ends."""
    length = RATE * 9 // 10
    samples = array.array("h", bytes(2 * length))
    for start, pitch in ((0.0, 784.0), (0.35, 622.3)):
        for place in range(int(start * RATE), length):
            since = place / RATE - start
            swell = min(since / 0.01, 1) * math.exp(-5 * since)
            samples[place] += round(11_000 * swell * math.sin(2 * math.pi * pitch * since))
    return samples


def encode(samples: "array.array[int]", name: str, *, kbps: int) -> None:
    """Write `static/voice/vi/{name}.mp3`."""
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.wav"
        with wave.open(str(plain), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(samples.tobytes())
        command = ["lame", "--quiet", "-m", "m", "-b", str(kbps), "--noreplaygain", "-q", "2"]
        subprocess.run([*command, plain, TARGET / f"{name}.mp3"], check=True)


if __name__ == "__main__":
    sys.exit(main())
