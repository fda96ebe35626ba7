#if Vapor
import GRPCWebAdapterContract
import GRPCWebVapor
import Testing
import Vapor

@Suite("The adapter contract", .timeLimit(.minutes(3)))
struct ContractTests {
  @Test("Vapor", .serialized, arguments: ContractCase.all)
  @available(GRPCWeb 1.0, *)
  func contract(_ contractCase: ContractCase) async throws {
    try await contractCase.run(against: .vapor)
  }
}

@available(GRPCWeb 1.0, *)
extension TestedAdapter {
  /// The middleware in a Vapor app, over HTTP/1.1.
  static let vapor = TestedAdapter(
    "Vapor",
    limits: [
      .headsWithoutBody: "Vapor hands a request on with the first byte of its body.",
      .stoppingAtOnce: "Vapor stops waiting for calls that run, and leaves them to themselves.",
      .requestTargetBytes: "Vapor closes the connection.",
      .faultyFollowers: "Vapor closes the connection as soon as it reads what isn't a request.",
      .malformedRequests: "Vapor closes the connection.",
      .upgradeOffers: "SwiftNIO's decoder stops behind an offer, and no middleware reaches it.",
      .expectations: "Vapor hands a request on with the first byte of its body.",
      .halfClosure: "Vapor closes the connection when the client closes its side.",
    ]
  ) { app in
    let grpcWeb = app.makeGRPCWebServer()
    let server = VaporServer(app, grpcWeb)
    return AdapterServer(
      grpcWeb,
      run: { try await server.run() },
      port: { server.port },
      beginGracefulShutdown: { server.stop() }
    )
  }
  .findingUser { $0.requestContext(as: Request.self)?.headers.first(name: "x-user") }
}
#endif
