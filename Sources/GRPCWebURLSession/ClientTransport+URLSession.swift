public import GRPCCore
public import GRPCWeb

#if canImport(FoundationNetworking)
public import FoundationNetworking
#else
public import Foundation
#endif

@available(GRPCWeb 1.0, *)
extension ClientTransport where Self == GRPCWebClientTransport {
  /// A transport that makes gRPC-Web calls with URLSession: unary and server-streaming calls.
  ///
  /// Calls of client-streaming and bidirectional methods fail at once with `unimplemented`.
  ///
  /// ```swift
  /// try await withGRPCClient(transport: .grpcWebURLSession(url: "https://example.org")) { client in
  ///   let greeter = Helloworld_Greeter.Client(wrapping: client)
  ///   print(try await greeter.sayHello(.with { $0.name = "world" }).message)
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - url: Where the services are, for example `https://example.org/api`. Without a scheme it is
  ///     `http`.
  ///   - sessionConfiguration: The configuration of the transport's own session. With `nil`, the
  ///     session stores nothing and waits without limit for the next message of a stream.
  ///   - delegate: Answers the session's authentication challenges: certificates to trust or to send,
  ///     passwords.
  ///   - config: How calls are made.
  /// - Throws: `RPCError` with the code `invalidArgument` when the URL isn't one of HTTP.
  public static func grpcWebURLSession(
    url: String,
    sessionConfiguration: URLSessionConfiguration? = nil,
    delegate: (any URLSessionDelegate)? = nil,
    config: GRPCWebClientTransport.Config = .defaults
  ) throws -> Self {
    try GRPCWebClientTransport(
      url: url,
      httpClient: GRPCWebURLSessionAdapter(configuration: sessionConfiguration, delegate: delegate),
      config: config
    )
  }
}
