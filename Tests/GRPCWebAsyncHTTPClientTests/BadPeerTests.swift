import GRPCCore
import GRPCWebAsyncHTTPClient
import GRPCWebClientTestSupport
import GRPCWebTestSupport
import Testing

/// What servers with a fault make of calls over AsyncHTTPClient.
@Suite("Bad peers, AsyncHTTPClient", .timeLimit(.minutes(3)))
struct BadPeerTests {
  @available(GRPCWeb 1.0, *)
  private static func withClient<Result: Sendable>(
    _ url: String,
    _ body: (
      GRPCClient<GRPCWebClientTransport<AsyncHTTPClientAdapter>>
    ) async throws -> Result
  ) async throws -> Result {
    try await withGRPCClient(
      transport: .grpcWebAsyncHTTPClient(url: url, configuration: BadPeer.configuration),
      handleClient: body
    )
  }

  @Test(
    "Requirements 5, 7, 11-15, 17-19: a fault has its code, and is named",
    arguments: BadPeer.all
  )
  @available(GRPCWeb 1.0, *)
  func fault(peer: BadPeer) async throws {
    let outcome = try await ScriptedServer.run(peer.script) { server in
      try await Self.withClient(server.url) { await peer.call($0) }
    }
    let error = try #require(outcome.error)
    #expect(error.code == peer.code, "\(error)")
    for word in peer.words {
      #expect(error.message.contains(word), "\(error)")
    }
    if let messages = peer.messages {
      #expect(outcome.messages == messages)
    }
  }

  @Test("Nothing listening is unavailable, promptly")
  @available(GRPCWeb 1.0, *)
  func nothingListens() async throws {
    let url = ScriptedServer.unusedURL
    let error = await #expect(throws: RPCError.self) {
      try await Self.withClient(url) { client in
        try await Sonora_Test_Echo.Client(wrapping: client).get(Sonora_Test_EchoMessage())
      }
    }
    #expect(error?.code == .unavailable)
    // What the system said at once, and not what a timeout said later.
    #expect(error?.message.contains("Connection refused") == true)
  }

  @Test("A host that has no address is unavailable")
  @available(GRPCWeb 1.0, *)
  func noSuchHost() async throws {
    let error = await #expect(throws: RPCError.self) {
      try await Self.withClient("http://host.invalid") { client in
        try await Sonora_Test_Echo.Client(wrapping: client).get(Sonora_Test_EchoMessage())
      }
    }
    #expect(error?.code == .unavailable)
  }

  @Test("Without a deadline, cancellation ends a call that stalls, and its connection")
  @available(GRPCWeb 1.0, *)
  func cancellation() async throws {
    try await ScriptedServer.run(ScriptedServer.Script([], ending: .stall)) { server in
      try await Self.withClient(server.url) { client in
        let call = Task {
          try await Sonora_Test_Echo.Client(wrapping: client).get(Sonora_Test_EchoMessage())
        }
        #expect(await server.requests.reaches(1))
        #expect(server.closures.value == 0)

        let cancelled = ContinuousClock.now
        call.cancel()
        let error = await #expect(throws: RPCError.self) { try await call.value }
        #expect(error?.code == .cancelled)
        #expect(ContinuousClock.now - cancelled < patience)
        #expect(await server.closures.reaches(1))
      }
    }
  }

  @Test("A deadline ends the connection of a call that stalls")
  @available(GRPCWeb 1.0, *)
  func deadline() async throws {
    try await ScriptedServer.run(ScriptedServer.Script([], ending: .stall)) { server in
      try await Self.withClient(server.url) { client in
        var options = CallOptions.defaults
        options.timeout = .milliseconds(200)
        // On a busy machine a deadline may pass before there is a connection that it could end.
        var attempts = 0
        repeat {
          attempts += 1
          let error = await #expect(throws: RPCError.self) {
            try await Sonora_Test_Echo.Client(wrapping: client)
              .get(Sonora_Test_EchoMessage(), options: options)
          }
          #expect(error?.code == .deadlineExceeded)
        } while server.requests.value == 0 && attempts < 100
        #expect(await server.closures.reaches(1))
      }
    }
  }

  @Test("One HTTP request an attempt: a failed call isn't made again")
  @available(GRPCWeb 1.0, *)
  func noHiddenRetries() async throws {
    try await ScriptedServer.run(ScriptedServer.Script([], ending: .close)) { server in
      try await Self.withClient(server.url) { client in
        let error = await #expect(throws: RPCError.self) {
          try await Sonora_Test_Echo.Client(wrapping: client).get(Sonora_Test_EchoMessage())
        }
        #expect(error?.code == .unavailable)
        #expect(server.requests.value == 1)
      }
    }
  }
}
