public import GRPCCore
public import Testing

/// An adapter in an app of its framework, as the contract runs it.
@available(GRPCWeb 1.0, *)
public struct TestedAdapter: Sendable, CustomTestStringConvertible {
  /// The name of the adapter.
  public var name: String

  /// The abilities that the framework lacks, each with the reason.
  ///
  /// A case that needs one of them is run nevertheless and must fail, so that the limit has to be
  /// removed when the framework overcomes it.
  public var limits: [AdapterAbility: Comment]

  /// Returns the value of the request's header `x-user`, as what the framework knows of the request has it.
  public var userOfRequest: @Sendable (ServerContext) -> String? = { _ in nil }

  /// Creates a server that serves an app.
  public var makeServer: @Sendable (AdapterApp) throws -> AdapterServer

  /// Creates a description of an adapter.
  ///
  /// - Parameters:
  ///   - name: The name.
  ///   - limits: The abilities that the framework lacks, each with the reason.
  ///   - makeServer: Creates a server that serves an app on loopback, on a port that the system
  ///     chooses.
  public init(
    _ name: String,
    limits: [AdapterAbility: Comment] = [:],
    makeServer: @escaping @Sendable (AdapterApp) throws -> AdapterServer
  ) {
    self.name = name
    self.limits = limits
    self.makeServer = makeServer
  }

  /// Returns the adapter with a way to find the value of the request's header `x-user` in what the framework knows of the
  /// request.
  public func findingUser(
    _ userOfRequest: @escaping @Sendable (ServerContext) -> String?
  ) -> TestedAdapter {
    var adapter = self
    adapter.userOfRequest = userOfRequest
    return adapter
  }

  /// The name of the adapter.
  public var testDescription: String {
    self.name
  }
}
