"""What holds for all tests: no network, no window, the same examples on every run in CI."""

import os
import socket

import hypothesis
import pytest

# scripts, not tests: the doctest collector would import and so run them
collect_ignore_glob = ["golden/*", "benchmarks/*", "*/make_*.py"]

hypothesis.settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")

os.environ.setdefault("MPLBACKEND", "agg")
for variable in ("TOOLKIT_REPLICATION_DIR", "TOOLKIT_REPLICATION_QUICK"):
    os.environ.pop(variable, None)


@pytest.fixture(autouse=True, scope="session")
def _no_network():
    """Refuse connections to other machines: neither the tests nor the library need any."""
    connect = socket.socket.connect

    def only_here(self, address):
        host = address[0] if isinstance(address, tuple) else ""
        if self.family in (socket.AF_INET, socket.AF_INET6) and host not in ("127.0.0.1", "::1", "localhost"):
            raise PermissionError(f"a test tried to reach {host}")
        return connect(self, address)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", only_here)
    yield
    patch.undo()
