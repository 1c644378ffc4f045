"""The test world's signing place: folders as an installation has them, the server process, and a SoftHSM token."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from PIL import Image, ImageDraw

from tests.faults.processes import free_port
from tests.pki.authority import PIN, Authority, Held, pkcs12_of

SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"
TOKEN, KEY = "mot-cua-thu", "ky-so"


@dataclass
class Place:
    """What a signing installation holds, and the authority behind it."""

    folder: Path
    authority: Authority
    people: dict[str, Held]
    tsa_url: str

    @property
    def trust(self) -> Path:
        """Return the folder of roots and lists."""
        return self.folder / "trust"

    def publish(self) -> None:
        """Write the revocation list of now where the server gives it out and where verification reads it."""
        for path in (self.folder / "www" / "ca.crl", self.trust / "ca.crl"):
            path.write_bytes(self.authority.revocation_list())


@contextmanager
def opened(folder: Path) -> Iterator[Place]:
    """Make the world in the folder and run its server."""
    port = free_port()
    authority = Authority(port=port)
    for name in ("www", "trust"):
        (folder / name).mkdir(parents=True)
    agency = "Cục Quản lý lao động ngoài nước"
    people = {
        "ha": authority.issue("Vũ Thu Hà", agency),
        "thu": authority.issue(agency, "Bộ Lao động – Thương binh và Xã hội"),
        "revoked": authority.issue("Nguyễn Văn Thôi", agency),
    }
    authority.revoke(people["revoked"])
    tsa = authority.issue("Dấu thời gian thử nghiệm", is_tsa=True)
    place = Place(folder, authority, people, f"http://127.0.0.1:{port}/tsa")
    (folder / "www" / "tsa.pem").write_bytes(tsa.pem())
    (folder / "www" / "tsa.key").write_bytes(tsa.key_pem())
    for path in (folder / "www" / "root.pem", place.trust / "root.pem"):
        path.write_bytes(authority.root.pem())
    place.publish()
    for name, held in people.items():
        pkcs12_of(held, authority, folder / f"{name}.p12")
    pictures(folder)
    server = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("server.py"), str(port), folder / "www"]
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/ca.crl")
        yield place
    finally:
        server.kill()
        server.wait()


def pictures(folder: Path) -> None:
    """Draw a blue hand and a red seal of 36 mm at 300 dpi, both transparent."""
    hand = Image.new("RGBA", (700, 300))
    ImageDraw.Draw(hand).line([(20, 220), (180, 60), (300, 240), (430, 90), (680, 180)], "#1b3f9e", 12)
    hand.save(folder / "ky.png", dpi=(300, 300))
    seal = Image.new("RGBA", (425, 425))
    ImageDraw.Draw(seal).ellipse([6, 6, 418, 418], outline="#c8102e", width=12)
    seal.save(folder / "dau.png", dpi=(300, 300))


def token(folder: Path, held: Held) -> None:
    """Make a SoftHSM token that holds the key; SOFTHSM2_CONF must be in the environment of who opens it."""
    (folder / "tokens").mkdir()
    conf = folder / "softhsm2.conf"
    conf.write_text(
        f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    env = {**os.environ, "SOFTHSM2_CONF": str(conf)}
    key, certificate = folder / "token.key", folder / "token.der"
    key.write_bytes(held.key_pem())
    subprocess.run(["openssl", "x509", "-outform", "DER", "-out", certificate], input=held.pem(), check=True)
    _quietly(
        ["softhsm2-util", "--init-token", "--free", "--label", TOKEN, "--so-pin", "12345678", "--pin", PIN],
        env,
    )
    _quietly(
        ["softhsm2-util", "--import", key, "--token", TOKEN, "--label", KEY, "--id", "01", "--pin", PIN], env
    )
    _quietly(
        [
            "pkcs11-tool", "--module", SOFTHSM, "--token-label", TOKEN, "--login", "--pin", PIN, "--write-object", certificate,
            "--type", "cert", "--label", KEY, "--id", "01",
        ],
        env,
    )  # fmt: skip
    key.unlink()


def _quietly(command: list[object], env: dict[str, str]) -> None:
    subprocess.run([str(each) for each in command], env=env, check=True, capture_output=True)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            with urlopen(url, timeout=1):  # noqa: S310  (our own server)
                return
        except URLError:
            continue
    raise AssertionError("the server of the test world does not answer")
