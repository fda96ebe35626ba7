internal import GRPCCore
internal import GRPCProtobuf
internal import GRPCWeb
internal import GRPCWebTestSupport
internal import SwiftProtobuf
internal import Testing

@available(GRPCWeb 1.0, *)
extension ContractCase {
  /// Metadata in both directions.
  static let metadata: [[ContractCase]] = [
    .one("Requirement 8: metadata goes both ways, binary values included") { adapter in
      try await adapter.serve(Self.echoingMetadata) { app in
        let answer = try await app.answer(
          try .call(
            fields: [("X-Color", "red"), ("x-raw-bin", "AAE="), ("cookie", "a=b")],
            texts: ["hello"]
          )
        )
        #expect(answer.status == 0)
        #expect(answer.header("echo-x-color") == ["red"])
        #expect(answer.trailer("echo-x-color") == ["red"])
        #expect(answer.header("echo-x-raw-bin") == ["AAE"])
        #expect(answer.trailer("echo-x-raw-bin") == ["AAE"])
        #expect(answer.header("echo-cookie") == ["a=b"])
        #expect(answer.header("echo-host").isEmpty)
        #expect(answer.header("echo-content-type").isEmpty)
      }
    },

    .one(
      "Requirement 8: repeated metadata of a request keeps all its values",
      needs: [.repeatedRequestHeaders]
    ) { adapter in
      try await adapter.serve(Self.echoingMetadata) { app in
        let answer = try await app.answer(
          try .call(
            fields: [
              ("X-Color", "red"), ("x-color", "green"), ("x-raw-bin", "AAE"), ("x-raw-bin", "AgM="),
            ],
            texts: ["hello"]
          )
        )
        #expect(answer.trailer("echo-x-color") == ["red", "green"])
        #expect(answer.trailer("echo-x-raw-bin") == ["AAE", "AgM"])
      }
    },

    .one("Requirement 8: a service sees cookies as one value") { adapter in
      try await adapter.serve(Self.echoingMetadata) { app in
        let answer = try await app.answer(
          try .call(fields: [("cookie", "a=1; b=2; c=3")], texts: ["hello"])
        )
        #expect(answer.trailer("echo-cookie") == ["a=1; b=2; c=3"])
      }
    },

    .one(
      "Requirement 8: so it does those that come in several fields",
      needs: [.repeatedRequestHeaders]
    ) { adapter in
      try await adapter.serve(Self.echoingMetadata) { app in
        let answer = try await app.answer(
          try .call(
            fields: [("cookie", "a=1"), ("x-color", "red"), ("Cookie", "b=2; c=3")],
            texts: ["hello"]
          )
        )
        #expect(answer.trailer("echo-cookie") == ["a=1; b=2; c=3"])
        #expect(answer.trailer("echo-x-color") == ["red"])
      }
    },

    .one("Requirement 8: text that is UTF-8 arrives as it was sent") { adapter in
      try await adapter.serve(Self.echoingMetadata) { app in
        let answer = try await app.answer(
          try .call(fields: [("x-name", "caf\u{e9}")], texts: ["hello"])
        )
        #expect(answer.status == 0)
        #expect(answer.trailer("echo-x-name") == ["caf\u{e9}"])
      }
    },

    .one(
      "Requirement 8: text that isn't UTF-8 is left out, and the call goes on",
      needs: [.requestHeaderBytes]
    ) { adapter in
      try await adapter.serve(Self.echoingMetadata) { app in
        let connection = try await app.connect()
        let request = try RawRequest.call(
          fields: [("x-name", "caf?"), ("x-color", "red")],
          texts: ["hello"]
        )
        try await connection.send(
          request.bytes.map { $0 == UInt8(ascii: "?") ? 0xe9 : $0 }
        )
        let answer = try await connection.readResponse()
        #expect(answer.status == 0)
        #expect(answer.trailer("echo-x-name").isEmpty)
        #expect(answer.trailer("echo-x-color") == ["red"])
      }
    },

    .each(
      ["Zg,,Zm8=", ",Zg,Zm8,", " Zg , ,Zm8"],
      "Requirement 8: an empty element of a list of binary values is no value"
    ) { adapter, value in
      try await adapter.serve(Self.echoingMetadata) { app in
        let answer = try await app.answer(
          try .call(fields: [("x-raw-bin", value)], texts: ["hello"])
        )
        #expect(answer.status == 0)
        #expect(answer.trailer("echo-x-raw-bin") == ["Zg", "Zm8"])
      }
    },

    .one("Requirement 8: text of a service's under a binary key that isn't base64 is left out") {
      adapter in
      let metadata: Metadata = ["x-raw-bin": "no base64", "x-good-bin": "Zg", "x-color": "red"]
      let service = ScriptedService(
        onGet: { request, _ in
          ServerResponse(
            message: request.message,
            metadata: metadata,
            trailingMetadata: metadata
          )
        }
      )
      try await adapter.serve(service) { app in
        let answer = try await app.answer(try .call(texts: ["hello"]))
        #expect(answer.status == 0)
        #expect(answer.header("x-raw-bin").isEmpty)
        #expect(answer.trailer("x-raw-bin").isEmpty)
        #expect(answer.header("x-good-bin") == ["Zg"])
        #expect(answer.trailer("x-good-bin") == ["Zg"])
        #expect(answer.trailer("x-color") == ["red"])
      }
    },

    .one("Requirement 8: repeated metadata of a response keeps all its values") { adapter in
      let metadata: Metadata = ["x-color": "red", "x-color": "green"]
      let service = ScriptedService(
        onGet: { request, _ in
          ServerResponse(
            message: request.message,
            metadata: metadata,
            trailingMetadata: metadata
          )
        }
      )
      try await adapter.serve(service) { app in
        let answer = try await app.answer(try .call(texts: ["hello"]))
        // HTTP makes no difference between repeated fields and one field with a list.
        #expect(answer.header("x-color").joined(separator: ", ") == "red, green")
        #expect(answer.trailer("x-color") == ["red", "green"])
      }
    },
  ]

  private static var echoingMetadata: ScriptedService {
    ScriptedService(
      onGet: { request, _ in
        let echoed = Metadata(request.metadata.map { (key: "echo-\($0.key)", value: $0.value) })
        return ServerResponse(
          message: request.message,
          metadata: echoed,
          trailingMetadata: echoed
        )
      }
    )
  }

  /// Errors of services, and of the server for an unknown service.
  static let errors: [[ContractCase]] = [
    .each(
      ["no origin", "https://shop.example"],
      "Requirements 12, 13, 16: an error reaches the peer with its details"
    ) { adapter, origin in
      let error = GoogleRPCStatus(
        code: .notFound,
        message: "Kein Käse",
        details: [.errorInfo(reason: "CHEESE", domain: "shop.example")]
      )
      let isPage = origin != "no origin"
      let fields = isPage ? [(name: "origin", value: origin)] : []
      try await adapter.serve(ScriptedService(onGet: { _, _ in throw error })) { app in
        let connection = try await app.connect()
        let answer = try await connection.answer(try .call(fields: fields, texts: ["hello"]))
        #expect(answer.httpStatus == 200)
        #expect(answer.isTrailersOnly == !isPage)
        #expect(answer.header("content-length") == ["\(answer.body.count)"])
        #expect(answer.status == Status.Code.notFound.rawValue)
        #expect(answer.statusMessage == "Kein K%C3%A4se")
        let details = try #require(answer.trailer("grpc-status-details-bin").first)
        let bytes = try #require(TestBase64.decode(details))
        #expect(try GoogleRPCStatus(serializedBytes: bytes) == error)

        // The connection can still be used.
        let again = try await connection.answer(try .call(fields: fields, texts: ["hello"]))
        #expect(again.status == Status.Code.notFound.rawValue)
      }
    },

    .each(
      ["/sonora.test.Echo/Nope", "/sonora.test.echo/Get", "/nope.Nope/Get"],
      "Requirement 2: an unknown method or service is answered with unimplemented"
    ) { adapter, path in
      try await adapter.serve { app in
        let connection = try await app.connect()
        for contentType in [Self.binary, Self.text] {
          let answer = try await connection.answer(
            RawRequest(path: path, fields: [("content-type", contentType)], body: [1, 2, 3])
          )
          #expect(answer.httpStatus == 200)
          #expect(answer.header("content-type") == [contentType])
          #expect(answer.status == Status.Code.unimplemented.rawValue)
          try await app.expectGoodCall(on: connection)
        }
      }
    },

    .each(["GET", "PUT"], "Requirement 1: another verb on one of our paths is refused") {
      adapter,
      method in
      try await adapter.serve { app in
        let connection = try await app.connect()
        let answer = try await connection.answer(
          RawRequest(method: method, path: "/sonora.test.Echo/Get")
        )
        #expect(answer.httpStatus == 405)
        #expect(answer.header("allow") == ["POST"])
        #expect(answer.body.isEmpty)
        try await app.expectGoodCall(on: connection)
      }
      try await adapter.serve(config: .defaults { $0.cors = .allowAll }) { app in
        let answer = try await app.answer(RawRequest(method: method, path: "/sonora.test.Echo/Get"))
        #expect(answer.httpStatus == 405)
        #expect(answer.header("allow") == ["POST, OPTIONS"])
      }
    },

    .each(
      ["gzip", "br", "identity, gzip"],
      "Requirement 20: a body with a content coding is refused, its body unread"
    ) { adapter, coding in
      try await adapter.serve(config: .defaults { $0.cors = .allowAll }) { app in
        let connection = try await app.connect()
        let fields = [
          (name: "content-encoding", value: coding),
          (name: "origin", value: "https://shop.example"),
        ]
        for framing in [.length, .chunked(3)] as [RawRequest.Framing] {
          let answer = try await connection.answer(
            try .call(fields: fields, texts: ["hello"]).framed(framing)
          )
          #expect(answer.httpStatus == 415)
          #expect(answer.header("accept-encoding") == ["identity"])
          #expect(answer.header("access-control-allow-origin") == ["*"])
          #expect(answer.body.isEmpty)
          try await app.expectGoodCall(on: connection)
        }
        let identity = try await connection.answer(
          try .call(fields: [("content-encoding", "identity")], texts: ["hello"])
        )
        #expect(identity.status == 0)
      }
    },

    .one("Requirement 13: a status too large for headers goes into the body, and has a bound") {
      adapter in
      for (count, isCut) in [(4000, false), (2_000_000, true)] {
        let service = ScriptedService(
          onGet: { _, _ in
            throw RPCError(code: .notFound, message: String(repeating: "x", count: count))
          }
        )
        try await adapter.serve(service) { app in
          let connection = try await app.connect()
          let answer = try await connection.answer(try .call(texts: ["hello"]))
          #expect(answer.httpStatus == 200)
          #expect(answer.header("grpc-status").isEmpty)
          #expect(answer.header("grpc-message").isEmpty)
          #expect(answer.status == Status.Code.notFound.rawValue)
          #expect(answer.body.count < 8192 + 100)
          #expect(answer.statusMessage.hasSuffix(" [cut, of 2000000 bytes]") == isCut)
          let again = try await connection.answer(try .call(texts: ["hello"]))
          #expect(again.status == Status.Code.notFound.rawValue)
        }
      }
    },

    .each(
      [
        "image/jpeg", "application/grpc", "application/json", "application/grpc-web+json",
        "application/grpc-web+thrift", "application/grpc-web-text+json",
      ],
      "Requirement 2: a foreign content type on one of our paths is refused"
    ) { adapter, contentType in
      try await adapter.serve { app in
        let connection = try await app.connect()
        for framing in [.length, .chunked(3)] as [RawRequest.Framing] {
          let answer = try await connection.answer(
            try .call(contentType: contentType, texts: ["hello"]).framed(framing)
          )
          #expect(answer.httpStatus == 415)
          #expect(answer.body.isEmpty)
          try await app.expectGoodCall(on: connection)
        }
      }
    },
  ]

  /// Compression.
  static let compression: [[ContractCase]] = [
    .one("Requirements 18, 20: messages are compressed both ways") { adapter in
      let message = EchoMessage.with { $0.text = String(repeating: "sonora ", count: 1000) }
      let bytes: [UInt8] = try message.serializedBytes()
      let frame = TestFrame(flags: 1, payload: TestGzip.compress(bytes))

      try await adapter.serve(config: .defaults { $0.compression = .enabled }) { app in
        let answer = try await app.answer(
          .call(
            fields: [("grpc-encoding", "gzip"), ("grpc-accept-encoding", "gzip")],
            body: frame.bytes
          )
        )
        #expect(answer.status == 0)
        #expect(answer.header("grpc-encoding") == ["gzip"])
        #expect(answer.header("content-encoding").isEmpty)
        let answered = try #require(answer.frames.first)
        #expect(answered.flags == 1)
        #expect(TestGzip.decompress(answered.payload, upTo: 100_000) == bytes)
      }
    }
  ]
}
