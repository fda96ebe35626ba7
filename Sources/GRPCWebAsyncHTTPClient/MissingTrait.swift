#if !AsyncHTTPClient
public import GRPCCore

// What is here is for the compiler's error to say what is missing.

@available(GRPCWeb 1.0, *)
extension ClientTransport where Self == GRPCWebClientTransport {
  /// Stands in for the transport where the package's trait `AsyncHTTPClient` is off.
  @available(
    *,
    unavailable,
    message: """
      GRPCWebAsyncHTTPClient needs the trait 'AsyncHTTPClient': \
      .package(url: "…", traits: ["AsyncHTTPClient"])
      """
  )
  public static func grpcWebAsyncHTTPClient(
    url: String,
    config: GRPCWebClientTransport.Config = .defaults
  ) throws -> Self {
    fatalError("The compiler refuses calls.")
  }
}

/// Stands in for the blocking client where the package's trait `AsyncHTTPClient` is off.
@available(GRPCWeb 1.0, *)
@available(
  *,
  unavailable,
  message: """
    GRPCWebAsyncHTTPClient needs the trait 'AsyncHTTPClient': \
    .package(url: "…", traits: ["AsyncHTTPClient"])
    """
)
public func withBlockingGRPCClient<Result>(
  url: String,
  config: GRPCWebClientTransport.Config = .defaults,
  _ body: (BlockingGRPCClient<GRPCWebClientTransport>) throws -> Result
) throws -> Result {
  fatalError("The compiler refuses calls.")
}
#endif
