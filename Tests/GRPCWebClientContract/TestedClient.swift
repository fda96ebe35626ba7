public import GRPCCore
public import GRPCWeb
internal import GRPCWebClientTestSupport
internal import GRPCWebTestSupport
public import Testing

/// An adapter for an HTTP client, as the contract runs it.
@available(GRPCWeb 1.0, *)
public struct TestedClient: Sendable, CustomTestStringConvertible {
  /// The name of the client.
  public var name: String

  /// The abilities that the HTTP client lacks, each with the reason.
  ///
  /// A case that needs one of them is run nevertheless and must fail, so that the limit has to be
  /// removed when the HTTP client overcomes it.
  public var limits: [ClientAbility: Comment]

  /// The HTTP client's own words, in the message of an error, for a port that no server listens on.
  public var refusal: String

  /// Creates a transport for a URL.
  public var makeTransport:
    @Sendable (_ url: String, _ config: GRPCWebClientTransport.Config) throws
      -> any ClientTransport

  /// Creates a description of a client.
  ///
  /// - Parameters:
  ///   - name: The name.
  ///   - limits: The abilities that the HTTP client lacks, each with the reason.
  ///   - refusal: The HTTP client's own words for a port that no server listens on.
  ///   - makeTransport: Creates a transport for a URL.
  public init(
    _ name: String,
    limits: [ClientAbility: Comment] = [:],
    refusal: String,
    makeTransport:
      @escaping @Sendable (_ url: String, _ config: GRPCWebClientTransport.Config) throws
      -> any ClientTransport
  ) {
    self.name = name
    self.limits = limits
    self.refusal = refusal
    self.makeTransport = makeTransport
  }

  /// The name of the client.
  public var testDescription: String {
    self.name
  }
}

@available(GRPCWeb 1.0, *)
extension TestedClient {
  /// Runs a closure with stubs for a service in a Hummingbird app on loopback.
  func withEcho<Result: Sendable>(
    service: any RegistrableRPCService = EchoService(),
    server: GRPCWebServer.Config = .defaults,
    config: GRPCWebClientTransport.Config = .defaults,
    _ body: (any Sonora_Test_Echo.ClientProtocol) async throws -> Result
  ) async throws -> Result {
    try await withServer(services: [service], config: server) { url in
      try await self.withEcho(at: url, config: config, body)
    }
  }

  /// Runs a closure with stubs for a service at a URL, where no server needs to be.
  func withEcho<Result: Sendable>(
    at url: String,
    config: GRPCWebClientTransport.Config = .defaults,
    _ body: (any Sonora_Test_Echo.ClientProtocol) async throws -> Result
  ) async throws -> Result {
    try await Self.withEcho(over: self.makeTransport(url, config), body)
  }

  private static func withEcho<Result: Sendable>(
    over transport: some ClientTransport,
    _ body: (any Sonora_Test_Echo.ClientProtocol) async throws -> Result
  ) async throws -> Result {
    try await withGRPCClient(transport: transport) { client in
      try await body(Sonora_Test_Echo.Client(wrapping: client))
    }
  }
}
