"""A real SMTP server in a process of its own: writes each message it takes into a folder, and misbehaves when told to.

Started as `python -m tests.notices.smtp_server FOLDER MODE`; prints its port. MODE: take, stall (takes the message and never
answers), busy (451), no (550 to the recipient).
"""

import asyncio
import sys
from pathlib import Path
from uuid import uuid4

from aiosmtpd.smtp import SMTP, Envelope, Session


class Mailbox:
    """Answers as its mode says."""

    def __init__(self, folder: Path, mode: str) -> None:
        self.folder, self.mode = folder, mode

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        if self.mode == "no":
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep the message, then answer or not."""
        if self.mode == "busy":
            return "451 come back later"
        temporary = self.folder / f".{uuid4()}"
        temporary.write_bytes(envelope.original_content or b"")
        temporary.rename(self.folder / f"{uuid4()}.eml")
        if self.mode == "stall":
            await asyncio.sleep(3600)
        return "250 taken"


async def serve(folder: Path, mode: str) -> None:
    """Listen on a free port of this machine until killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(Mailbox(folder, mode), hostname="localhost"), "127.0.0.1", 0
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2]))
