import Foundation
import GRPCCore
import GRPCWeb
import GRPCWebNIO
import GRPCWebTestSupport
import NIOCore
import SwiftProtobuf
import Testing

/// Requests that a client sends before earlier ones have been answered, over real connections.
@Suite(.timeLimit(.minutes(5)))
struct PipeliningTests {
  /// A kind of request, by who answers it and how.
  enum Kind: String, CaseIterable {
    case unary
    case stream
    case refused
    case app
    case appWithBody

    /// The request.
    @available(GRPCWeb 1.0, *)
    func request(text: String) throws -> RawRequest {
      switch self {
      case .unary: try .call(texts: [text])
      case .stream: try .call("Update", texts: [text, text]).framed(.chunked(7))
      case .refused: RawRequest(method: "DELETE", path: "/sonora.test.Echo/Get")
      case .app: RawRequest(method: "GET", path: "/plain")
      case .appWithBody: RawRequest(path: "/body", body: Array(text.utf8))
      }
    }

    /// Returns whether an answer is that of this kind of request.
    @available(GRPCWeb 1.0, *)
    func isAnswered(by answer: TestAnswer, text: String) throws -> Bool {
      switch self {
      case .unary: try answer.texts == [text]
      case .stream: try answer.texts == [text, text]
      case .refused: answer.httpStatus == 405
      case .app: String(decoding: answer.body, as: UTF8.self) == "plain"
      case .appWithBody: String(decoding: answer.body, as: UTF8.self) == text
      }
    }
  }

  @Test(
    "Requests of all kinds in every order are answered in that order",
    arguments: Kind.allCases,
    Kind.allCases
  )
  @available(GRPCWeb 1.0, *)
  func everyOrder(first: Kind, second: Kind) async throws {
    try await TestServer.run(adapter: .hummingbird) { server in
      for third in Kind.allCases {
        for fourth in Kind.allCases {
          let kinds = [first, second, third, fourth]
          let connection = try await server.connect()
          let requests = try kinds.enumerated().map { try $1.request(text: "\($0)") }
          try await connection.send(requests.flatMap(\.bytes))
          for (index, kind) in kinds.enumerated() {
            let answer = try await connection.readResponse()
            let isRight = try kind.isAnswered(by: answer, text: "\(index)")
            #expect(isRight, "\(kinds), \(index): \(answer)")
          }
          await connection.close()
        }
      }
    }
  }

  @Test("Many pipelined calls are answered in order", arguments: TestServer.TestedAdapter.allCases)
  @available(GRPCWeb 1.0, *)
  func manyCalls(adapter: TestServer.TestedAdapter) async throws {
    let count = 500
    try await TestServer.run(adapter: adapter) { server in
      let connection = try await server.connect()
      try await connection.send(
        (0 ..< count).flatMap { (try? RawRequest.call(texts: ["\($0)"]).bytes) ?? [] }
      )
      for index in 0 ..< count {
        #expect(try await connection.readResponse().texts == ["\(index)"])
      }
      await connection.close()
    }
  }

  @Test(
    "A large response is whole when the connection is closed behind it",
    arguments: TestServer.TestedAdapter.allCases
  )
  @available(GRPCWeb 1.0, *)
  func largeLastResponse(adapter: TestServer.TestedAdapter) async throws {
    // The responses are more than the sockets of both ends take while the client doesn't read.
    let size = 16 * 1024 * 1024
    let answered = Gate()
    let service = ScriptedService(
      onGet: { _, _ in
        defer { answered.open() }
        return ServerResponse(message: .with { $0.payload = Data(repeating: 7, count: size) })
      }
    )
    try await TestServer.run(service, adapter: adapter) { server in
      let connection = try await server.connect(isReading: false)
      var request = try RawRequest.call(texts: [""])
      request.fields.append(("connection", "close"))
      try await connection.send(request)
      try await answered.pass()
      try await connection.setReading(true)
      let answer = try await connection.readResponse()
      #expect(answer.header("connection") == ["close"])
      #expect(try answer.messages.first?.payload.count == size)
      try await connection.readEnd()
    }
  }

  @Test(
    "A refusal arrives although the rest of its request is still under way",
    arguments: TestServer.TestedAdapter.allCases
  )
  @available(GRPCWeb 1.0, *)
  func refusalBeforeRequestIsRead(adapter: TestServer.TestedAdapter) async throws {
    try await TestServer.run(adapter: adapter) { server in
      for _ in 0 ..< 20 {
        let connection = try await server.connect(isReading: false)
        let request = RawRequest.call(
          contentType: "image/jpeg",
          fields: [("connection", "close")],
          body: Array(repeating: 0, count: 1024 * 1024)
        )
        try await connection.send(request)
        try await connection.setReading(true)
        #expect(try await connection.readResponse().httpStatus == 415)
        try await connection.readEnd()
      }
    }
  }
}
