"""Keys to sign with in the demo world: an authority of its own, a leader's certificate and the agency's, all under a published PIN."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID
from django.conf import settings

from bpmc_portal.accounts.models import Unit
from digitization.models import SigningIdentity
from dossiers.demo.people import People

PIN = "123456"
AUTHORITY = "Tổ chức chứng thực minh hoạ"
UNIT, LEADER = "cuc-qlldnn", "ha"
LASTS = timedelta(days=3650)


def give(people: People) -> None:
    """Write the keys below SIGNING_DIR and register them; the authority is trusted by this installation alone."""
    folder = Path(settings.SIGNING_DIR)
    (folder / "trust").mkdir(parents=True, exist_ok=True)
    authority = rsa.generate_private_key(65537, 2048)
    root = _certificate(AUTHORITY, "", authority, AUTHORITY, authority)
    (folder / "trust" / "demo.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    unit, leader = Unit.objects.get(code=UNIT), people.users[LEADER]
    for file, name, organisation, owner in (
        ("demo-leader.p12", leader.full_name, unit.name, {"user": leader}),
        ("demo-agency.p12", unit.name, settings.BRAND["ministry"], {"unit": unit}),
    ):
        key = rsa.generate_private_key(65537, 2048)
        held = _certificate(name, organisation, key, AUTHORITY, authority)
        path = folder / file
        path.touch(mode=0o600)
        path.write_bytes(
            pkcs12.serialize_key_and_certificates(
                b"key", key, held, [root], BestAvailableEncryption(PIN.encode())
            )
        )
        SigningIdentity.objects.create(
            name=f"{name} (minh hoạ)", file=file, kind=SigningIdentity.Kind.PKCS12, subject=held.subject.rfc4514_string()[:500],
            serial=f"{held.serial_number:x}", certificate=held.public_bytes(serialization.Encoding.PEM).decode(),
            not_after=held.not_valid_after_utc, **owner,
        )  # fmt: skip


def _certificate(
    name: str, organisation: str, key: rsa.RSAPrivateKey, issuer: str, signer: rsa.RSAPrivateKey
) -> x509.Certificate:
    now, is_authority = datetime.now(UTC), key is signer
    made = x509.CertificateBuilder().subject_name(_name(name, organisation)).issuer_name(_name(issuer, ""))
    made = made.public_key(key.public_key()).serial_number(x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + LASTS)
    made = made.add_extension(x509.BasicConstraints(is_authority, None), critical=True)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    made = made.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
    )
    usage = x509.KeyUsage(
        digital_signature=not is_authority, content_commitment=not is_authority, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=is_authority, crl_sign=is_authority, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return made.add_extension(usage, critical=True).sign(signer, hashes.SHA256())


def _name(common: str, organisation: str) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    if organisation:
        parts.insert(1, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    return x509.Name(parts)
