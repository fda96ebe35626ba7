#if AsyncHTTPClient
public import AsyncHTTPClient
public import GRPCCore
public import GRPCWeb

@available(GRPCWeb 1.0, *)
extension ClientTransport where Self == GRPCWebClientTransport {
  /// A transport that makes gRPC-Web calls with AsyncHTTPClient: calls of all four kinds, over
  /// HTTP/1.1, and over HTTP/2 if the server offers it in the TLS handshake.
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
  /// With a certificate authority of your own:
  ///
  /// ```swift
  /// try .grpcWebAsyncHTTPClient(url: "https://internal.example") {
  ///   var tls = TLSConfiguration.makeClientConfiguration()
  ///   tls.trustRoots = .file("authority.pem")
  ///   $0.tlsConfiguration = tls
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - url: Where the services are, for example `https://example.org/api`. Without a scheme it is
  ///     `http`.
  ///   - config: How calls are made.
  ///   - configureHTTPClient: Changes the configuration of the transport's own HTTP client: TLS, proxy,
  ///     timeouts, connection pool.
  /// - Throws: `RPCError` with the code `invalidArgument` when the URL isn't one of HTTP.
  public static func grpcWebAsyncHTTPClient(
    url: String,
    config: GRPCWebClientTransport.Config = .defaults,
    configureHTTPClient: (inout HTTPClient.Configuration) -> Void = { _ in }
  ) throws -> Self {
    try GRPCWebClientTransport(
      url: url,
      httpClient: GRPCWebAsyncHTTPClientAdapter(configure: configureHTTPClient),
      config: config
    )
  }

  /// A transport that makes gRPC-Web calls with an HTTP client of the caller's.
  ///
  /// Calls that stream their request fail over TLS with `unimplemented`: see
  /// ``GRPCWebAsyncHTTPClientAdapter/streamsRequests``.
  ///
  /// - Parameters:
  ///   - url: Where the services are, for example `https://example.org/api`. Without a scheme it is
  ///     `http`.
  ///   - httpClient: The HTTP client to use, with its proxy, TLS and connection pool; it stays the
  ///     caller's to shut down.
  ///   - config: How calls are made.
  /// - Throws: `RPCError` with the code `invalidArgument` when the URL isn't one of HTTP.
  public static func grpcWebAsyncHTTPClient(
    url: String,
    httpClient: HTTPClient,
    config: GRPCWebClientTransport.Config = .defaults
  ) throws -> Self {
    try GRPCWebClientTransport(
      url: url,
      httpClient: GRPCWebAsyncHTTPClientAdapter(client: httpClient),
      config: config
    )
  }
}
#endif
