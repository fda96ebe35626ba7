internal import GRPCCore
internal import GRPCWebClientTestSupport
internal import GRPCWebTestSupport
internal import SwiftProtobuf
internal import Testing

@available(GRPCWeb 1.0, *)
extension ClientContractCase {
  /// Calls to servers with a fault.
  static let badPeers: [[ClientContractCase]] = [
    .each(
      BadPeer.all,
      "Requirements 5, 7, 11-15, 17-19, 34: a fault has its code, and is named"
    ) { client, peer in
      let outcome = try await ScriptedServer.run(peer.script) { server in
        try await client.withEcho(at: server.url, config: BadPeer.config) { echo in
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

  /// Connections that can't be made or that stall.
  static let badConnections: [[ClientContractCase]] = [
    .one("Nothing listening is unavailable, promptly") { client in
      let error = await #expect(throws: RPCError.self) {
        try await client.withEcho(at: ScriptedServer.unusedURL) { echo in
          try await echo.get(Sonora_Test_EchoMessage())
        }
      }
      #expect(error?.code == .unavailable)
      // The message is the refusal by the system, and not that of a timeout.
      #expect(error?.message.contains(client.refusal) == true)
      let words = [
        "Nothing listens there", "http://127.0.0.1:1/sonora.test.Echo/Get", "ipv4:127.0.0.1:1",
        "Is the server running",
      ]
      for word in words {
        #expect(error?.message.contains(word) == true, "\(String(describing: error))")
      }
    },

    .one("A host that has no address is unavailable") { client in
      let error = await #expect(throws: RPCError.self) {
        try await client.withEcho(at: "http://host.invalid") { echo in
          try await echo.get(Sonora_Test_EchoMessage())
        }
      }
      #expect(error?.code == .unavailable)
      #expect(error?.message.contains("can't be reached") == true, "\(String(describing: error))")
      #expect(error?.message.contains("dns:host.invalid:80") == true)
    },

    .one("TLS where there is none fails at once, and no retry helps") { client in
      let plain = ScriptedServer.Script(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))
      try await ScriptedServer.run(plain, answersAnything: true) { server in
        let url = server.url.replacing("http://", with: "https://")
        let error = await #expect(throws: RPCError.self) {
          try await client.withEcho(at: url) { try await $0.get(Sonora_Test_EchoMessage()) }
        }
        #expect(error?.code == .failedPrecondition, "\(String(describing: error))")
        #expect(error?.message.contains("doesn't speak TLS") == true)
        #expect(error?.message.contains("http://") == true)
      }
    },

    .one("A certificate of an unknown authority fails, and no retry helps") { client in
      try await withTLSServer(services: [EchoService()]) { url in
        let error = await #expect(throws: RPCError.self) {
          try await client.withEcho(at: url) { try await $0.get(Sonora_Test_EchoMessage()) }
        }
        #expect(error?.code == .failedPrecondition, "\(String(describing: error))")
        #expect(error?.message.contains("certificate isn't trusted") == true)
        #expect(
          error?.message.contains(".swift") == false && error?.message.contains(".cc") == false
        )
      }
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
          #expect(ContinuousClock.now - cancelled < defaultTimeout)
          #expect(await server.closures.reaches(1))
        }
      }
    },

    .one("A deadline ends the connection of a call that stalls") { client in
      try await ScriptedServer.run(ScriptedServer.Script([], ending: .stall)) { server in
        try await client.withEcho(at: server.url) { echo in
          var options = CallOptions.defaults
          options.timeout = .milliseconds(200)
          // On a busy machine the deadline may pass before there is a connection to end.
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

    .one("A deadline that passes while connecting ends the call, and the client at once") {
      client in
      try await BlackHole.run { url in
        let start = ContinuousClock.now
        try await client.withEcho(at: url) { echo in
          var options = CallOptions.defaults
          options.timeout = .milliseconds(500)
          let error = await #expect(throws: RPCError.self) {
            try await echo.get(Sonora_Test_EchoMessage(), options: options)
          }
          #expect(error?.code == .deadlineExceeded)
        }
        // HTTP clients may take up to a minute to connect.
        #expect(ContinuousClock.now - start < .seconds(30))
      }
    },

    .one("A call whose connection the server closes just then is answered, or fails at once") {
      client in
      try await withServer(services: [EchoService()]) { url in
        try await IdleClosingProxy.run(to: url) { proxy in
          try await client.withEcho(at: proxy) { echo in
            for number in 0 ..< 6 {
              var options = CallOptions.defaults
              options.timeout = .seconds(60)
              do {
                let reply = try await echo.get(.with { $0.text = "\(number)" }, options: options)
                #expect(reply.text == "\(number)")
              } catch let error as RPCError {
                // Not every HTTP client can know that the request wasn't read.
                #expect(error.code == .unavailable, "\(error)")
              }
            }
          }
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
