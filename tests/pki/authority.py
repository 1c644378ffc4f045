"""Certificates of the test world, made once a session: root → issuing authority → people, agency and time-stamp server."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PIN = "pin-4711-kho-doan"
LISTS = "http://127.0.0.1:{port}/ca.crl"


@dataclass
class Held:
    """A key with its certificate."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    def pem(self) -> bytes:
        """Return the certificate in PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def key_pem(self) -> bytes:
        """Return the key in PEM, unencrypted."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


class Authority:
    """A root certificate authority that publishes a revocation list."""

    def __init__(self, name: str = "Tổ chức chứng thực thử nghiệm", *, port: int = 0) -> None:
        self.port = port
        self.serials: list[int] = []
        key = rsa.generate_private_key(65537, 2048)
        self.root = Held(key, self._certificate(name, "", key, None, is_authority=True))

    def issue(self, name: str, organisation: str = "", *, is_tsa: bool = False, days: int = 300) -> Held:
        """Return a new key with a certificate for signing, or for time stamps."""
        key = rsa.generate_private_key(65537, 2048)
        return Held(key, self._certificate(name, organisation, key, self.root, is_tsa=is_tsa, days=days))

    def revoke(self, held: Held) -> None:
        """Put a certificate on the list."""
        self.serials.append(held.certificate.serial_number)

    def revocation_list(self) -> bytes:
        """Return the list of now in DER."""
        now = datetime.now(UTC)
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.root.certificate.subject)
        builder = builder.last_update(now - timedelta(hours=1)).next_update(now + timedelta(days=7))
        for serial in self.serials:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(serial)
                .revocation_date(now - timedelta(minutes=30))
                .build()
            )
        builder = builder.add_extension(x509.CRLNumber(len(self.serials) + 1), critical=False)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.root.key.public_key()), critical=False
        )
        return builder.sign(self.root.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def _certificate(
        self, name: str, organisation: str, key: rsa.RSAPrivateKey, parent: Held | None, *,
        is_authority: bool = False, is_tsa: bool = False, days: int = 3650,
    ) -> x509.Certificate:  # fmt: skip
        now = datetime.now(UTC) - timedelta(days=400)
        names = [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
        if organisation:
            names.insert(1, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
        subject = x509.Name(names)
        builder = x509.CertificateBuilder().subject_name(subject).public_key(key.public_key())
        builder = builder.issuer_name(parent.certificate.subject if parent else subject)
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now)
        builder = builder.not_valid_after(datetime.now(UTC) + timedelta(days=days))
        builder = builder.add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        builder = builder.add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )
        builder = builder.add_extension(_usage(is_authority=is_authority), critical=True)
        if parent is not None:
            builder = builder.add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(parent.key.public_key()), critical=False
            )
            point = x509.DistributionPoint(
                [x509.UniformResourceIdentifier(LISTS.format(port=self.port))], None, None, None
            )
            builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
        if is_tsa:
            builder = builder.add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
            )
        return builder.sign(parent.key if parent else key, hashes.SHA256())


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority, content_commitment=not is_authority, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=is_authority, crl_sign=is_authority,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def pkcs12_of(held: Held, authority: Authority, path: Path, *, pin: str = PIN) -> None:
    """Write key and chain as a PKCS#12 file under the PIN, few rounds of hashing so that tests are quick."""
    how = (
        serialization.PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(1000)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .build(pin.encode())
    )
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"key", held.key, held.certificate, [authority.root.certificate], how
        )
    )
