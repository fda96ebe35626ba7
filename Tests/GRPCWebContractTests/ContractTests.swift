import GRPCWebAdapterContract
import Testing

/// Every front does what the contract asks.
@Suite("The adapter contract", .timeLimit(.minutes(5)))
struct ContractTests {
  @Test("The contract", arguments: Front.all, ContractCase.all)
  @available(GRPCWeb 1.0, *)
  func contract(front: Front, contractCase: ContractCase) async throws {
    try await contractCase.run(against: front)
  }
}

@available(GRPCWeb 1.0, *)
extension Front {
  /// The fronts of this package.
  static let all: [Front] = [.hummingbirdMiddleware, .hummingbirdServer, .nio, .flyingFox]
}
