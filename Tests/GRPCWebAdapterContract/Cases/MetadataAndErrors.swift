internal import GRPCCore
internal import GRPCProtobuf
internal import GRPCWeb
internal import GRPCWebTestSupport
internal import SwiftProtobuf
internal import Testing

@available(GRPCWeb 1.0, *)
extension ContractCase {
  /// Metadata, both ways.
  static let metadata: [[ContractCase]] = [
    .one("Requirement 8: metadata goes both ways, binary values included") { front in
      try await front.serve(Self.echoingMetadata) { app in
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
    ) { front in
      try await front.serve(Self.echoingMetadata) { app in
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

    .one("Requirement 8: repeated metadata of a response keeps all its values") { front in
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
      try await front.serve(service) { app in
        let answer = try await app.answer(try .call(texts: ["hello"]))
        // As lines of their own or as one: HTTP makes no difference.
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

  /// The errors of services, and of the server for a service that isn't there.
  static let errors: [[ContractCase]] = [
    .each(
      ["no origin", "https://shop.example"],
      "Requirements 12, 13, 16: an error reaches the peer with its details"
    ) { front, origin in
      let error = GoogleRPCStatus(
        code: .notFound,
        message: "Kein Käse",
        details: [.errorInfo(reason: "CHEESE", domain: "shop.example")]
      )
      let isPage = origin != "no origin"
      let fields = isPage ? [(name: "origin", value: origin)] : []
      try await front.serve(ScriptedService(onGet: { _, _ in throw error })) { app in
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

        // The connection is as good as before.
        let again = try await connection.answer(try .call(fields: fields, texts: ["hello"]))
        #expect(again.status == Status.Code.notFound.rawValue)
      }
    },

    .each(
      ["/sonora.test.Echo/Nope", "/sonora.test.echo/Get", "/nope.Nope/Get"],
      "Requirement 2: an unknown method or service is answered with unimplemented"
    ) { front, path in
      try await front.serve { app in
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
      front,
      method in
      try await front.serve { app in
        let connection = try await app.connect()
        let answer = try await connection.answer(
          RawRequest(method: method, path: "/sonora.test.Echo/Get")
        )
        #expect(answer.httpStatus == 405)
        #expect(answer.header("allow") == ["POST, OPTIONS"])
        #expect(answer.body.isEmpty)
        try await app.expectGoodCall(on: connection)
      }
    },

    .each(
      [
        "image/jpeg", "application/grpc", "application/json", "application/grpc-web+json",
        "application/grpc-web+thrift", "application/grpc-web-text+json",
      ],
      "Requirement 2: a foreign content type on one of our paths is refused"
    ) { front, contentType in
      try await front.serve { app in
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
    .one("Requirements 18, 20: messages are compressed both ways") { front in
      let message = EchoMessage.with { $0.text = String(repeating: "sonora ", count: 1000) }
      let bytes: [UInt8] = try message.serializedBytes()
      let frame = TestFrame(flags: 1, payload: TestGzip.compress(bytes))

      try await front.serve(configuration: .defaults { $0.compression = .enabled }) { app in
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
