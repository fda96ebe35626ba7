#if !Observability
// What is here is for the compiler's error to say what is missing.

/// Stands in for the metrics where the package's trait `Observability` is off.
@available(
  *,
  unavailable,
  message: """
    GRPCWebObservability needs the trait 'Observability': .package(url: "…", traits: ["Observability"])
    """
)
public enum GRPCWebMetrics {}

/// Stands in for the access log where the package's trait `Observability` is off.
@available(
  *,
  unavailable,
  message: """
    GRPCWebObservability needs the trait 'Observability': .package(url: "…", traits: ["Observability"])
    """
)
public enum GRPCWebAccessLog {}

/// Stands in for the traces where the package's trait `Observability` is off.
@available(
  *,
  unavailable,
  message: """
    GRPCWebObservability needs the trait 'Observability': .package(url: "…", traits: ["Observability"])
    """
)
public enum GRPCWebTracing {}
#endif
