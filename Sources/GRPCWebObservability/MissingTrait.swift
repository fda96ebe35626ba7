#if !Observability
// Declarations for apps without the trait: the compiler's error names the trait.

/// Stands in for the metrics where the package's trait `Observability` is off.
@available(GRPCWeb 1.0, *)
@available(
  *,
  unavailable,
  message: """
    GRPCWebObservability needs the trait 'Observability': \
    .package(url: "…", traits: ["Observability"])
    """
)
public struct GRPCWebMetrics {
  /// Stands in for the initializer.
  public init() {}
}

/// Stands in for the access log where the package's trait `Observability` is off.
@available(GRPCWeb 1.0, *)
@available(
  *,
  unavailable,
  message: """
    GRPCWebObservability needs the trait 'Observability': \
    .package(url: "…", traits: ["Observability"])
    """
)
public struct GRPCWebAccessLog {
  /// Stands in for the initializer.
  public init() {}
}

/// Stands in for the traces where the package's trait `Observability` is off.
@available(GRPCWeb 1.0, *)
@available(
  *,
  unavailable,
  message: """
    GRPCWebObservability needs the trait 'Observability': \
    .package(url: "…", traits: ["Observability"])
    """
)
public struct GRPCWebTracing {
  /// Stands in for the initializer.
  public init() {}
}
#endif
