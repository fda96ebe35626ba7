internal import GRPCCore
internal import GRPCWeb
internal import GRPCWebTestSupport
internal import HTTPTypes
internal import Testing

@available(GRPCWeb 1.0, *)
extension ContractCase {
  /// Pages of other origins.
  static let cors: [[ContractCase]] = [
    .one("Requirements 21, 23: a preflight is answered without reaching a handler") { adapter in
      let reached = Gate()
      try await adapter.serve(
        config: .defaults {
          $0.cors = .allow(origins: [Self.shop])
          $0.cors.maximumAge = .seconds(600)
        },
        routes: Self.optionsRoutes(reached)
      ) { app in
        let connection = try await app.connect()
        let answer = try await connection.answer(Self.preflight())
        #expect([200, 204].contains(answer.httpStatus))
        #expect(answer.header("access-control-allow-origin") == [Self.shop])
        #expect(answer.header("access-control-allow-methods") == ["POST, OPTIONS"])
        #expect(
          answer.header("access-control-allow-headers") == ["content-type,x-grpc-web,x-color"]
        )
        #expect(answer.header("access-control-max-age") == ["600"])
        #expect(answer.header("vary") == ["origin"])
        #expect(!reached.isOpen)

        let foreign = try await connection.answer(Self.preflight(origin: "https://evil.example"))
        #expect(foreign.header("access-control-allow-origin").isEmpty)
        #expect(foreign.header("vary") == ["origin"])
        #expect(!reached.isOpen)
        try await app.expectGoodCall(on: connection)
      }
    },

    .one(
      "Requirement 21: OPTIONS requests that aren't preflights of ours reach the app",
      needs: [.otherRoutes]
    ) { adapter in
      try await adapter.serve(
        config: .defaults { $0.cors = .allowAll },
        routes: Self.optionsRoutes()
      ) { app in
        let connection = try await app.connect()
        let noPreflight = RawRequest(
          method: "OPTIONS",
          path: "/sonora.test.Echo/Get",
          fields: [("origin", Self.shop)]
        )
        #expect(try await connection.answer(noPreflight).body == Array("app".utf8))

        var foreign = Self.preflight(path: "/other")
        foreign.fields.removeLast()
        #expect(try await connection.answer(foreign).body == Array("app".utf8))
      }
    },

    .one(
      "Requirement 23: by default CORS is the app's: preflights reach it, nothing is added",
      needs: [.otherRoutes]
    ) { adapter in
      try await adapter.serve(
        routes: Self.optionsRoutes()
      ) { app in
        let connection = try await app.connect()
        #expect(try await connection.answer(Self.preflight()).body == Array("app".utf8))

        let answer = try await connection.answer(
          try .call(fields: [("origin", Self.shop)], texts: ["hello"])
        )
        #expect(answer.status == 0)
        #expect(!answer.headers.contains { $0.name.hasPrefix("access-control-") })
        #expect(answer.header("vary").isEmpty)
      }
    },

    .one("Requirement 23: a predicate decides who may call") { adapter in
      try await adapter.serve(
        config: .defaults { $0.cors = .allow { $0.hasSuffix(".example") } }
      ) { app in
        let allowed = try await app.answer(Self.preflight())
        #expect(allowed.header("access-control-allow-origin") == [Self.shop])
        let foreign = try await app.answer(Self.preflight(origin: "https://shop.test"))
        #expect(foreign.header("access-control-allow-origin").isEmpty)
      }
    },

    .each(
      ["Get", "Expand"],
      "Requirement 22: the answer exposes gRPC's headers and the app's own metadata"
    ) { adapter, method in
      let service = ScriptedService(
        onGet: { request, _ in
          ServerResponse(message: request.message, metadata: ["x-color": "red"])
        },
        onExpand: { request, _ in
          StreamingServerResponse(metadata: ["x-color": "red"]) { writer in
            try await writer.write(request.message)
            return [:]
          }
        }
      )
      try await adapter.serve(service, config: .defaults { $0.cors = .allowAll }) { app in
        let answer = try await app.answer(
          try .call(method, fields: [("origin", Self.shop)], texts: ["hello"])
        )
        #expect(answer.status == 0)
        #expect(answer.header("access-control-allow-origin") == ["*"])
        #expect(answer.header("access-control-allow-credentials").isEmpty)
        let exposed = try #require(answer.header("access-control-expose-headers").first)
        #expect(
          exposed == "grpc-status, grpc-message, grpc-status-details-bin, grpc-encoding, x-color"
        )
      }
    },

    .one("Requirement 22: with credentials the answer names the origin, and never '*'") { adapter in
      try await adapter.serve(
        config: .defaults {
          $0.cors = .allowAll
          $0.cors.allowsCredentials = true
        }
      ) { app in
        let preflight = try await app.answer(Self.preflight())
        let answer = try await app.answer(
          try .call(fields: [("origin", Self.shop)], texts: ["hello"])
        )
        for answer in [preflight, answer] {
          #expect(answer.header("access-control-allow-origin") == [Self.shop])
          #expect(answer.header("access-control-allow-credentials") == ["true"])
          #expect(answer.header("vary") == ["origin"])
          #expect(!answer.headers.contains { $0.name != "accept" && $0.value == "*" })
        }
      }
    },

    .one("Requirement 22: a page can read every error, whoever gives it") { adapter in
      let service = ScriptedService(
        onGet: { _, _ in
          throw RPCError(code: .aborted, message: "no", metadata: ["x-reason": "because"])
        }
      )
      try await adapter.serve(service, config: .defaults { $0.cors = .allowAll }) { app in
        let origin = [(name: "origin", value: Self.shop)]
        let requests: [(request: RawRequest, httpStatus: Int, status: Int?)] = [
          (try .call(fields: origin, texts: ["hello"]), 200, 10),
          (try .call("Nope", fields: origin, texts: ["hello"]), 200, 12),
          (.call(fields: origin, body: [0, 0, 0]), 200, 13),
          (try .call(fields: origin + [("grpc-timeout", "1y")], texts: ["hello"]), 200, 3),
          (try .call(contentType: "image/jpeg", fields: origin, texts: ["hello"]), 415, nil),
          (RawRequest(method: "GET", path: "/sonora.test.Echo/Get", fields: origin), 405, nil),
        ]
        for (request, httpStatus, status) in requests {
          let answer = try await app.answer(request)
          #expect(answer.httpStatus == httpStatus)
          #expect(answer.status == status)
          #expect(answer.header("access-control-allow-origin") == ["*"])
          let exposed = answer.header("access-control-expose-headers").joined()
          #expect(exposed.contains("grpc-status, grpc-message, grpc-status-details-bin"))
        }
      }
    },

    .one("Requirements 21, 31: a preflight's answer has no body, and a 204 no length") { adapter in
      try await adapter.serve(config: .defaults { $0.cors = .allowAll }) { app in
        let answer = try await app.answer(Self.preflight())
        #expect(answer.header("transfer-encoding").isEmpty)
        switch answer.httpStatus {
        case 204:
          #expect(answer.header("content-length").isEmpty)
        default:
          #expect(answer.httpStatus == 200)
          #expect(answer.header("content-length") == ["0"])
        }
      }
    },
  ]

  static let shop = "https://shop.example"

  static func preflight(
    path: String = "/sonora.test.Echo/Get",
    origin: String = shop
  ) -> RawRequest {
    RawRequest(
      method: "OPTIONS",
      path: path,
      fields: [
        ("origin", origin), ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type,x-grpc-web,x-color"),
      ]
    )
  }

  /// Routes of the app's own for OPTIONS requests.
  private static func optionsRoutes(_ reached: Gate = Gate()) -> [AdapterApp.Route] {
    ["/sonora.test.Echo/Get", "/other"].map { path in
      AdapterApp.Route(.options, path) { _ in
        reached.open()
        return Array("app".utf8)
      }
    }
  }
}
