"""Python stubs of the greeter and of the interop tests, generated from their .proto files."""

import contextlib
import importlib
import pathlib
import sys
import tempfile

from grpc_tools import protoc

from greeter import INTEROP_PROTOS, PROTOS
from harness import expect


@contextlib.contextmanager
def generated_folder():
    """A folder with modules generated just now, such as `helloworld_pb2` and `test_pb2_grpc`."""
    well_known = pathlib.Path(protoc.__file__).parent / "_proto"
    with tempfile.TemporaryDirectory() as folder:
        for protos in PROTOS / "helloworld", INTEROP_PROTOS:
            arguments = [f"--proto_path={protos}", f"--proto_path={well_known}"]
            arguments += [f"--python_out={folder}", f"--grpc_python_out={folder}"]
            arguments += sorted(proto.name for proto in protos.glob("*.proto"))
            expect(protoc.main(["protoc", *arguments]) == 0, "protoc failed")
        yield folder


@contextlib.contextmanager
def generated_modules(environment):
    """The greeter's two modules in that folder, imported."""
    folder = environment.shared(generated_folder)
    sys.path.insert(0, folder)
    try:
        yield tuple(map(importlib.import_module, ("helloworld_pb2", "helloworld_pb2_grpc")))
    finally:
        sys.path.remove(folder)
