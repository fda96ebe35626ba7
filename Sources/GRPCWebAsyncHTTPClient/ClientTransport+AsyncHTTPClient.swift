public import AsyncHTTPClient
public import GRPCCore
public import GRPCWeb

@available(GRPCWeb 1.0, *)
extension ClientTransport where Self == GRPCWebClientTransport<AsyncHTTPClientAdapter> {
  /// Makes gRPC-Web calls with AsyncHTTPClient: all four kinds, over HTTP/1.1, and over HTTP/2 where a
  /// server offers that by TLS.
  ///
  /// ```swift
  /// try await withGRPCClient(
  ///   transport: .grpcWebAsyncHTTPClient(url: "http://localhost:8080")
  /// ) { client in
  ///   let greeter = Helloworld_Greeter.Client(wrapping: client)
  ///   print(try await greeter.sayHello(.with { $0.name = "world" }).message)
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - url: Where the services are, for example `https://example.org/api`. Without a scheme it is
  ///     `http`.
  ///   - httpClient: The HTTP client to use, with its proxy, TLS and connection pool; it stays the
  ///     caller's to shut down. `nil` for one of the transport's own.
  ///   - configuration: How calls are made.
  /// - Throws: `RPCError` with the code `invalidArgument` when the URL isn't one of HTTP.
  public static func grpcWebAsyncHTTPClient(
    url: String,
    httpClient: HTTPClient? = nil,
    configuration: GRPCWebClientConfiguration = .defaults
  ) throws -> Self {
    try GRPCWebClientTransport(
      url: url,
      httpClient: AsyncHTTPClientAdapter(client: httpClient),
      configuration: configuration
    )
  }
}
