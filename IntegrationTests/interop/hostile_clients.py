"""Our servers with hostile clients: a short run of `dev/fuzz`, the same each time."""

from fuzzing import Fuzzing
from harness import check, expect
from test_services import FRONTS, start_ours

# How many connections, by what goes over them.
CONNECTIONS = {"plain text": 2000, "TLS": 500}


@check(
    "hostile clients: {front} outlives them, {transport}",
    needs="executables",
    front=FRONTS,
    transport=list(CONNECTIONS),
)
def hostile_clients(environment, front, transport):
    is_over_tls = transport == "TLS"
    name = f"interop-hostile-{front}{'-tls' if is_over_tls else ''}"
    with start_ours(environment, name, front, is_over_tls) as server:
        fuzzing = Fuzzing(server, seed=1, numbers=range(CONNECTIONS[transport]))
        fuzzing.run()
    expect(not fuzzing.failures, "; ".join(fuzzing.failures))
