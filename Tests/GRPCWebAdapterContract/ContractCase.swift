public import Testing

/// A test case for every adapter, whatever its web framework.
///
/// An adapter's package runs the whole contract with one test:
///
/// ```swift
/// @Test("The adapter contract", arguments: ContractCase.all)
/// func contract(_ contractCase: ContractCase) async throws {
///   try await contractCase.run(against: .vapor)
/// }
/// ```
@available(GRPCWeb 1.0, *)
public struct ContractCase: Sendable, CustomTestStringConvertible {
  /// Every case.
  public static let all: [ContractCase] = Array(Self.groups.joined().joined())

  private static let groups: [[[ContractCase]]] = [
    Self.calls, Self.metadata, Self.errors, Self.compression, Self.cors, Self.passingOn,
    Self.connections, Self.streaming, Self.deadlines, Self.disconnects, Self.backPressure,
    Self.shutdown, Self.badFrames, Self.badHeads, Self.badConnections, Self.http1,
    Self.faultyFollowers, Self.observation, Self.randomCalls, Self.serviceErrors,
    Self.requestContext,
  ]

  /// The name of the case: a sentence on what the adapter does.
  public var name: String

  /// The abilities of the web framework that the case needs.
  public var needs: Set<AdapterAbility>

  private var body: @Sendable (TestedAdapter) async throws -> Void

  init(
    _ name: String,
    needs: Set<AdapterAbility> = [],
    body: @escaping @Sendable (TestedAdapter) async throws -> Void
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
  /// A case that needs an ability which the framework lacks must fail: it is recorded as a known
  /// issue. It isn't run if failing takes too long.
  public func run(against adapter: TestedAdapter) async throws {
    if self.needs.contains(where: { $0.isCostlyToLack && adapter.limits[$0] != nil }) {
      return
    }
    if let limit = self.needs.lazy.compactMap({ adapter.limits[$0] }).first {
      await withKnownIssue(limit) {
        try await self.body(adapter)
      }
    } else {
      try await self.body(adapter)
    }
  }
}

@available(GRPCWeb 1.0, *)
extension [ContractCase] {
  /// Creates a case.
  static func one(
    _ name: String,
    needs: Set<AdapterAbility> = [],
    body: @escaping @Sendable (TestedAdapter) async throws -> Void
  ) -> Self {
    [ContractCase(name, needs: needs, body: body)]
  }

  /// Creates a case for each variant.
  static func each<Variant: Sendable>(
    _ variants: [Variant],
    _ name: String,
    needs: Set<AdapterAbility> = [],
    body: @escaping @Sendable (TestedAdapter, Variant) async throws -> Void
  ) -> Self {
    Self.each(variants, name, needs: { _ in needs }, body: body)
  }

  /// A case for each of some variants, not all of which need the same.
  static func each<Variant: Sendable>(
    _ variants: [Variant],
    _ name: String,
    needs: (Variant) -> Set<AdapterAbility>,
    body: @escaping @Sendable (TestedAdapter, Variant) async throws -> Void
  ) -> Self {
    variants.map { variant in
      ContractCase("\(name): \(variant)", needs: needs(variant)) { adapter in
        try await body(adapter, variant)
      }
    }
  }
}
