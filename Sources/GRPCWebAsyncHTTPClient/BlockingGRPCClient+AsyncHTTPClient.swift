#if AsyncHTTPClient
public import AsyncHTTPClient
public import GRPCCore
public import GRPCWeb
public import GRPCWebBlocking

/// Opens a blocking client for a URL, passes it to a closure, and closes it.
///
/// The client makes its calls with AsyncHTTPClient, on every platform.
///
/// ```swift
/// try withBlockingGRPCClient(url: "http://localhost:8080") { client in
///   let greeter = Helloworld_Greeter.Client(wrapping: client.grpcClient)
///   print(try client.wait { try await greeter.sayHello(.with { $0.name = "world" }) }.message)
/// }
/// ```
///
/// - Parameters:
///   - url: Where the services are, for example `https://example.org/api`. Without a scheme it is
///     `http`.
///   - config: How calls are made.
///   - interceptors: Called in this order for each call.
///   - configureHTTPClient: Changes the configuration of the client's own HTTP client: TLS, proxy,
///     timeouts, connection pool.
///   - body: Uses the client.
/// - Returns: What the closure returns.
/// - Throws: What the closure throws; `RPCError` with the code `invalidArgument` when the URL isn't one
///   of HTTP, `failedPrecondition` in a task.
@available(GRPCWeb 1.0, *)
@available(*, noasync)
public func withBlockingGRPCClient<Result>(
  url: String,
  config: GRPCWebClientTransport.Config = .defaults,
  interceptors: [any ClientInterceptor] = [],
  configureHTTPClient: (inout HTTPClient.Configuration) -> Void = { _ in },
  _ body: (BlockingGRPCClient<GRPCWebClientTransport>) throws -> Result
) throws -> Result {
  try withBlockingGRPCClient(
    transport: .grpcWebAsyncHTTPClient(
      url: url,
      config: config,
      configureHTTPClient: configureHTTPClient
    ),
    interceptors: interceptors,
    body
  )
}
#endif
