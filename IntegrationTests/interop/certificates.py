"""A certificate authority for servers on this machine, made anew for each run."""

import contextlib
import dataclasses
import pathlib
import tempfile

import trustme


@dataclasses.dataclass(frozen=True)
class Certificates:
    """Files, in PEM."""

    # What a client must trust.
    authority: str
    # What a server shows, and its key.
    chain: str
    key: str


@contextlib.contextmanager
def test_authority():
    authority = trustme.CA()
    server = authority.issue_cert("127.0.0.1", "localhost")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        authority.cert_pem.write_to_path(folder / "authority.pem")
        server.private_key_pem.write_to_path(folder / "key.pem")
        for certificate in server.cert_chain_pems:
            certificate.write_to_path(folder / "chain.pem", append=True)
        files = (str(folder / f"{kind}.pem") for kind in ("authority", "chain", "key"))
        yield Certificates(*files)
