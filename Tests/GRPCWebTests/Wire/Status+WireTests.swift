import GRPCCore
import HTTPTypes
import Testing

@testable import GRPCWeb

@Suite("Status on the wire")
struct StatusWireTests {
  @Test("Requirement 11: a code of gRPC's is itself", arguments: 0 ... 16)
  @available(GRPCWeb 1.0, *)
  func known(code: Int) {
    let status = Status(grpcStatus: "\(code)", message: "m")
    #expect(status.code.rawValue == code)
    #expect(status.message == "m")
  }

  @Test("Any other is unknown, named, and keeps its message")
  @available(GRPCWeb 1.0, *)
  func unknown() {
    for value in ["17", "-1", "x", "", "1 ", "18446744073709551616"] {
      let status = Status(grpcStatus: value, message: "m")
      #expect(status.code == .unknown)
      #expect(status.message == "Received the unknown status code '\(value)'. m")
      let bare = Status(grpcStatus: value, message: "")
      #expect(bare.message == "Received the unknown status code '\(value)'.")
    }
  }

  @Test("Requirements 12 and 13: the status of headers")
  @available(GRPCWeb 1.0, *)
  func headers() throws {
    #expect(Status([:], isGRPCWeb: true) == nil)
    let message = try Fixture.fields([("grpc-message", "m")])
    #expect(Status(message, isGRPCWeb: true) == nil)
    let bare = try Fixture.fields([("Grpc-Status", "5")])
    #expect(Status(bare, isGRPCWeb: true) == Status(code: .notFound, message: ""))
    let whole = try Fixture.fields([("grpc-status", "5"), ("grpc-message", "a%0Ab%")])
    #expect(Status(whole, isGRPCWeb: false) == Status(code: .notFound, message: "a\nb%"))
    let unknown = try Fixture.fields([("grpc-status", "banana")])
    #expect(Status(unknown, isGRPCWeb: true)?.code == .unknown)
    #expect(Status(unknown, isGRPCWeb: false) == nil)
  }

  @Test("Requirement 35: repeated equal statuses are one, different ones an error")
  @available(GRPCWeb 1.0, *)
  func repeated() throws {
    for values in [["5", "5"], ["5, 5"], ["5,5", " 5 "]] {
      let fields = try Fixture.fields(values.map { ("grpc-status", $0) })
      #expect(Status(fields, isGRPCWeb: true)?.code == .notFound)
      #expect(Status(fields, isGRPCWeb: false)?.code == .notFound)
    }
    let messages = try Fixture.fields([
      ("grpc-status", "5"), ("grpc-message", "m, n"), ("grpc-status", "5"),
      ("grpc-message", "m, n"),
    ])
    #expect(Status(messages, isGRPCWeb: true) == Status(code: .notFound, message: "m, n"))
    let different = try Fixture.fields([("grpc-status", "5"), ("grpc-status", "13")])
    let status = Status(different, isGRPCWeb: true)
    #expect(status?.code == .unknown)
    #expect(status?.message.contains("'5', '13'") == true)
    #expect(Status(different, isGRPCWeb: false) == nil)
  }

  @Test("Requirement 15: the status of HTTP, which is named with the content type")
  @available(GRPCWeb 1.0, *)
  func http() {
    let codes: [Int: Status.Code] = [
      400: .internalError, 401: .unauthenticated, 403: .permissionDenied, 404: .unimplemented,
      429: .unavailable, 502: .unavailable, 503: .unavailable, 504: .unavailable,
    ]
    for code in 100 ..< 600 {
      let status = Status(httpStatus: .init(code: code), contentType: "text/plain")
      #expect(status.code == codes[code, default: .unknown])
      #expect(status.message.contains("\(code)"))
      #expect(status.message.contains("'text/plain'"))
    }
    #expect(Status(httpStatus: .ok, contentType: nil).message.contains("no content type"))
  }
}
