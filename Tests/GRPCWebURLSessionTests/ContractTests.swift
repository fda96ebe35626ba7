import GRPCCore
import GRPCWebClientContract
import GRPCWebURLSession
import Testing

/// URLSession does what the contract asks.
@Suite("The client contract, URLSession", .timeLimit(.minutes(3)))
struct ContractTests {
  @Test("URLSession", arguments: ClientContractCase.all)
  @available(GRPCWeb 1.0, *)
  func urlSession(_ contractCase: ClientContractCase) async throws {
    try await contractCase.run(against: .urlSession)
  }
}

@available(GRPCWeb 1.0, *)
extension TestedClient {
  /// URLSession, with a session of the adapter's own.
  static let urlSession = TestedClient(
    "URLSession",
    limits: Self.urlSessionLimits,
    refusal: "Couldn't connect"
  ) { url, config in
    try GRPCWebClientTransport.grpcWebURLSession(url: url, config: config)
  }

  private static var urlSessionLimits: [ClientAbility: Comment] {
    var limits: [ClientAbility: Comment] = [
      .streamedRequests: "URLSession can't send a body while it is written, not on all platforms."
    ]
    #if canImport(FoundationNetworking)
    limits[.responseBackPressure] = "URLSession suspends tasks on Apple's platforms alone."
    #endif
    return limits
  }
}
