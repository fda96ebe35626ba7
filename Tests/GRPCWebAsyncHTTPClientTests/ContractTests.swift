import AsyncHTTPClient
import GRPCCore
import GRPCWebAsyncHTTPClient
import GRPCWebClientContract
import NIOCore
import Testing

/// AsyncHTTPClient does what the contract asks.
@Suite("The client contract, AsyncHTTPClient", .timeLimit(.minutes(3)))
struct ContractTests {
  @Test("AsyncHTTPClient", arguments: ClientContractCase.all)
  @available(GRPCWeb 1.0, *)
  func asyncHTTPClient(_ contractCase: ClientContractCase) async throws {
    try await contractCase.run(against: .asyncHTTPClient)
  }
}

@available(GRPCWeb 1.0, *)
extension TestedClient {
  /// AsyncHTTPClient, over HTTP/1.1.
  static let asyncHTTPClient = TestedClient(
    "AsyncHTTPClient",
    refusal: "Connection refused"
  ) { url, config in
    // Longer than the contract waits for the end of a call that can't connect.
    try GRPCWebClientTransport.grpcWebAsyncHTTPClient(url: url, config: config) {
      $0.timeout.connect = .seconds(60)
    }
  }
}
