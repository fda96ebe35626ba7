public import Testing

/// A way of serving that the contract is run against: an adapter in an app of its framework.
@available(GRPCWeb 1.0, *)
public struct TestedAdapter: Sendable, CustomTestStringConvertible {
  /// The name.
  public var name: String

  /// What the framework can't do, each with the reason.
  ///
  /// A case that needs it is run nevertheless, and has to fail: so that a limit which the framework
  /// has overcome doesn't stay here.
  public var limits: [AdapterAbility: Comment]

  /// Makes a server that serves an app.
  public var makeServer: @Sendable (AdapterApp) throws -> AdapterServer

  /// Creates an adapter to test.
  ///
  /// - Parameters:
  ///   - name: The name.
  ///   - limits: What the framework can't do, each with the reason.
  ///   - makeServer: Makes a server that serves an app on a port of its own choice, on loopback.
  public init(
    _ name: String,
    limits: [AdapterAbility: Comment] = [:],
    makeServer: @escaping @Sendable (AdapterApp) throws -> AdapterServer
  ) {
    self.name = name
    self.limits = limits
    self.makeServer = makeServer
  }

  /// The name.
  public var testDescription: String {
    self.name
  }
}
