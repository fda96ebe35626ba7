internal import GRPCCore
internal import GRPCWebClientTestSupport
internal import GRPCWebTestSupport
internal import Testing

@available(GRPCWeb 1.0, *)
extension ClientContractCase {
  /// What servers with a fault make of a call.
  static let badPeers: [[ClientContractCase]] = [
    .each(
      BadPeer.all,
      "Requirements 5, 7, 11-15, 17-19: a fault has its code, and is named"
    ) { client, peer in
      let outcome = try await ScriptedServer.run(peer.script) { server in
        try await client.withEcho(at: server.url, configuration: BadPeer.configuration) { echo in
          await peer.call(echo)
        }
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
  ]

  /// Connections that there aren't, or that don't get on.
  static let badConnections: [[ClientContractCase]] = [
    .one("Nothing listening is unavailable, promptly") { client in
      let error = await #expect(throws: RPCError.self) {
        try await client.withEcho(at: ScriptedServer.unusedURL) { echo in
          try await echo.get(Sonora_Test_EchoMessage())
        }
      }
      #expect(error?.code == .unavailable)
      // What the system said at once, and not what a timeout said later.
      #expect(error?.message.contains(client.refusal) == true)
    },

    .one("A host that has no address is unavailable") { client in
      let error = await #expect(throws: RPCError.self) {
        try await client.withEcho(at: "http://host.invalid") { echo in
          try await echo.get(Sonora_Test_EchoMessage())
        }
      }
      #expect(error?.code == .unavailable)
    },

    .one("Without a deadline, cancellation ends a call that stalls, and its connection") {
      client in
      try await ScriptedServer.run(ScriptedServer.Script([], ending: .stall)) { server in
        try await client.withEcho(at: server.url) { echo in
          let call = Task { try await echo.get(Sonora_Test_EchoMessage()) }
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
    },

    .one("A deadline ends the connection of a call that stalls") { client in
      try await ScriptedServer.run(ScriptedServer.Script([], ending: .stall)) { server in
        try await client.withEcho(at: server.url) { echo in
          var options = CallOptions.defaults
          options.timeout = .milliseconds(200)
          // On a busy machine a deadline may pass before there is a connection that it could end.
          var attempts = 0
          repeat {
            attempts += 1
            let error = await #expect(throws: RPCError.self) {
              try await echo.get(Sonora_Test_EchoMessage(), options: options)
            }
            #expect(error?.code == .deadlineExceeded)
          } while server.requests.value == 0 && attempts < 100
          #expect(await server.closures.reaches(1))
        }
      }
    },

    .one("One HTTP request an attempt: a failed call isn't made again") { client in
      try await ScriptedServer.run(ScriptedServer.Script([], ending: .close)) { server in
        try await client.withEcho(at: server.url) { echo in
          let error = await #expect(throws: RPCError.self) {
            try await echo.get(Sonora_Test_EchoMessage())
          }
          #expect(error?.code == .unavailable)
          #expect(server.requests.value == 1)
        }
      }
    },
  ]
}
