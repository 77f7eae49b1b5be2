"""The generated code and the `.proto` are one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from doppelgrid.proto.control import SERVICE
from doppelgrid.proto.control.service import NAME, Procedures
from doppelgrid.proto.control.v1 import control_pb2

PROTO = Path(__file__).parents[2] / "proto"
SOURCE = "doppelgrid/control/v1/control.proto"


@pytest.fixture(scope="module")
def regenerated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what `make proto` would write now."""
    folder = tmp_path_factory.mktemp("generated")
    outputs = [f"--python_out={folder}", f"--pyi_out={folder}"]
    compiler = [sys.executable, "-m", "grpc_tools.protoc", f"-Idoppelgrid={PROTO}"]
    subprocess.run([*compiler, *outputs, SOURCE], check=True)
    return folder / Path(SOURCE).parent


@pytest.mark.parametrize("name", ["control_pb2.py", "control_pb2.pyi"])
def test_generated_files_are_those_that_the_proto_gives(regenerated: Path, name: str) -> None:
    assert (PROTO / "control/v1" / name).read_text() == (regenerated / name).read_text(), "run `make proto`"


def test_every_procedure_of_the_proto_is_served_and_no_other() -> None:
    declared = control_pb2.DESCRIPTOR.services_by_name["Control"].methods_by_name
    served = {method.name for method in Procedures(None, None, None, None).methods()}  # type: ignore[arg-type]
    assert served == set(declared)


def test_client_and_service_agree_on_their_name() -> None:
    assert f"/{NAME}/" == SERVICE
