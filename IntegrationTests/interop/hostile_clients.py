"""Our servers with hostile clients: a short run of `dev/fuzz`, the same each time."""

from fuzzing import Fuzzing
from harness import check, expect
from test_services import ADAPTERS, start_ours

# How many connections, by what goes over them.
CONNECTIONS = {"plain text": 2000, "TLS": 500}


@check(
    "hostile clients: {adapter} outlives them, {transport}",
    needs="executables",
    adapter=ADAPTERS,
    transport=list(CONNECTIONS),
)
def hostile_clients(environment, adapter, transport):
    is_over_tls = transport == "TLS"
    name = f"interop-hostile-{adapter}{'-tls' if is_over_tls else ''}"
    with start_ours(environment, name, adapter, is_over_tls) as server:
        fuzzing = Fuzzing(server, seed=1, numbers=range(CONNECTIONS[transport]))
        fuzzing.run()
    expect(not fuzzing.failures, "; ".join(fuzzing.failures))
