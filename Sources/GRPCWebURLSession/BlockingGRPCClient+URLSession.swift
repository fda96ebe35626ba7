public import GRPCCore
public import GRPCWeb
public import GRPCWebBlocking

/// Opens a blocking client for a URL, passes it to a closure, and closes it.
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
  _ body: (BlockingGRPCClient<GRPCWebClientTransport>) throws -> Result
) throws -> Result {
  try withBlockingGRPCClient(
    transport: .grpcWebURLSession(url: url, config: config),
    interceptors: interceptors,
    body
  )
}
