public import GRPCCore
public import GRPCWeb
internal import GRPCWebClientTestSupport
internal import GRPCWebTestSupport
public import Testing

/// A way of making calls that the contract is run against: an adapter for an HTTP client.
@available(GRPCWeb 1.0, *)
public struct TestedClient: Sendable, CustomTestStringConvertible {
  /// The name.
  public var name: String

  /// What the HTTP client can't do, each with the reason.
  ///
  /// A case that needs it is run nevertheless, and has to fail: so that a limit which the HTTP
  /// client has overcome doesn't stay here.
  public var limits: [ClientAbility: Comment]

  /// What an error says, among other things, when nothing listens: the HTTP client's own words.
  public var refusal: String

  /// Makes a transport to a URL.
  public var makeTransport:
    @Sendable (_ url: String, _ config: GRPCWebClientTransport.Config) throws
      -> any ClientTransport

  /// Describes a client.
  ///
  /// - Parameters:
  ///   - name: The name.
  ///   - limits: What the HTTP client can't do, each with the reason.
  ///   - refusal: What an error says, among other things, when nothing listens.
  ///   - makeTransport: Makes a transport to a URL.
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

  /// The name.
  public var testDescription: String {
    self.name
  }
}

@available(GRPCWeb 1.0, *)
extension TestedClient {
  /// Runs a Hummingbird app with a service on loopback, and hands stubs for it to a closure.
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

  /// Hands stubs for a service that is there, or isn't, to a closure.
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
