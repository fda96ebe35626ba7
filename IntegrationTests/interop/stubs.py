"""Python stubs of the greeter, generated from its .proto file."""

import contextlib
import importlib
import pathlib
import sys
import tempfile

from grpc_tools import protoc

from greeter import PROTOS
from harness import expect


@contextlib.contextmanager
def generated_folder():
    """A folder with the modules `helloworld_pb2` and `helloworld_pb2_grpc`, generated just now."""
    proto = PROTOS / "helloworld/helloworld.proto"
    well_known = pathlib.Path(protoc.__file__).parent / "_proto"
    with tempfile.TemporaryDirectory() as folder:
        arguments = [f"--proto_path={proto.parent}", f"--proto_path={well_known}"]
        arguments += [f"--python_out={folder}", f"--grpc_python_out={folder}", proto.name]
        expect(protoc.main(["protoc", *arguments]) == 0, "protoc failed")
        yield folder


@contextlib.contextmanager
def generated_modules(environment):
    """The modules in that folder, imported."""
    folder = environment.shared(generated_folder)
    sys.path.insert(0, folder)
    try:
        yield tuple(map(importlib.import_module, ("helloworld_pb2", "helloworld_pb2_grpc")))
    finally:
        sys.path.remove(folder)
