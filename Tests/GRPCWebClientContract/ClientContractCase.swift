internal import GRPCWeb
public import Testing

/// A test case for every client, whatever its HTTP client.
///
/// The tests of an adapter run the whole contract with one test:
///
/// ```swift
/// @Test("The client contract", arguments: ClientContractCase.all)
/// func contract(_ contractCase: ClientContractCase) async throws {
///   try await contractCase.run(against: .urlSession)
/// }
/// ```
@available(GRPCWeb 1.0, *)
public struct ClientContractCase: Sendable, CustomTestStringConvertible {
  /// Every case.
  public static let all: [ClientContractCase] = Array(Self.groups.joined().joined())

  private static let groups: [[[ClientContractCase]]] = [
    Self.calls, Self.metadata, Self.errors, Self.sizes, Self.streaming, Self.backPressure,
    Self.endings, Self.badPeers, Self.badConnections, Self.observation,
  ]

  /// The name of the case: a sentence on what the client does.
  public var name: String

  /// The abilities of the HTTP client that the case needs.
  public var needs: Set<ClientAbility>

  private var body: @Sendable (TestedClient) async throws -> Void

  init(
    _ name: String,
    needs: Set<ClientAbility> = [],
    body: @escaping @Sendable (TestedClient) async throws -> Void
  ) {
    self.name = name
    self.needs = needs
    self.body = body
  }

  /// The name of the case.
  public var testDescription: String {
    self.name
  }

  /// Runs the case, and records an issue for each fault.
  ///
  /// A case that needs an ability which the HTTP client lacks must fail: it is recorded as a known
  /// issue.
  public func run(against client: TestedClient) async throws {
    if let limit = self.needs.lazy.compactMap({ client.limits[$0] }).first {
      await withKnownIssue(limit) {
        try await self.body(client)
      }
    } else {
      try await self.body(client)
    }
  }
}

@available(GRPCWeb 1.0, *)
extension [ClientContractCase] {
  /// Creates a case.
  static func one(
    _ name: String,
    needs: Set<ClientAbility> = [],
    body: @escaping @Sendable (TestedClient) async throws -> Void
  ) -> Self {
    [ClientContractCase(name, needs: needs, body: body)]
  }

  /// Creates a case for each variant.
  static func each<Variant: Sendable>(
    _ variants: [Variant],
    _ name: String,
    needs: Set<ClientAbility> = [],
    body: @escaping @Sendable (TestedClient, Variant) async throws -> Void
  ) -> Self {
    variants.map { variant in
      ClientContractCase("\(name): \(variant)", needs: needs) { client in
        try await body(client, variant)
      }
    }
  }

  /// Creates a case for each variant and mode.
  static func eachInBothModes<Variant: Sendable>(
    _ variants: [Variant],
    _ name: String,
    needs: Set<ClientAbility> = [],
    body: @escaping @Sendable (TestedClient, Variant, GRPCWebMode) async throws -> Void
  ) -> Self {
    variants.flatMap { variant in
      Self.inBothModes("\(name): \(variant)", needs: needs) { client, mode in
        try await body(client, variant, mode)
      }
    }
  }

  /// Creates a case for each mode.
  static func inBothModes(
    _ name: String,
    needs: Set<ClientAbility> = [],
    body: @escaping @Sendable (TestedClient, GRPCWebMode) async throws -> Void
  ) -> Self {
    [GRPCWebMode.binary, .text].map { mode in
      ClientContractCase("\(name): \(mode)", needs: needs) { client in
        try await body(client, mode)
      }
    }
  }
}
