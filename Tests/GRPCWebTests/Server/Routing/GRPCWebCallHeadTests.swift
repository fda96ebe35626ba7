import GRPCCore
import HTTPTypes
import Testing

@testable import GRPCWeb

@Suite("Call head")
struct GRPCWebCallHeadTests {
  @Test("A plain request has no timeout, no origin, no encoding and no fault")
  @available(GRPCWeb 1.0, *)
  func plain() {
    let call = GRPCWebCallHead.test(fields: [.contentType: "application/grpc-web"])
    #expect(call.timeout == nil)
    #expect(call.origin == nil)
    #expect(call.requestEncoding == .identity)
    #expect(call.responseEncoding == .identity)
    #expect(call.metadata == [:])
    #expect(call.failure == nil)
  }

  @Test(
    "Requirement 3: the response's mode is the client's choice, whatever the request's",
    arguments: [
      (GRPCWebMode.binary, nil, GRPCWebMode.binary), (.text, nil, .text),
      (.binary, "application/grpc-web-text", .text), (.text, "application/grpc-web", .binary),
      (.binary, "*/*", .binary), (.text, "*/*", .text),
    ] as [(GRPCWebMode, String?, GRPCWebMode)]
  )
  @available(GRPCWeb 1.0, *)
  func responseMode(requestMode: GRPCWebMode, accept: String?, responseMode: GRPCWebMode) {
    var fields = HTTPFields()
    fields[.accept] = accept
    let call = GRPCWebCallHead.test(mode: requestMode, fields: fields)
    #expect(call.requestMode == requestMode)
    #expect(call.responseMode == responseMode)
  }

  @Test("Requirement 3: accept may be spread over several fields")
  @available(GRPCWeb 1.0, *)
  func repeatedAccept() throws {
    let fields = try Fixture.fields([
      ("accept", "text/html"), ("accept", "application/grpc-web-text"),
    ])
    #expect(GRPCWebCallHead.test(fields: fields).responseMode == .text)
  }

  @Test("Requirement 7: a timeout is the call's, and stays in the metadata")
  @available(GRPCWeb 1.0, *)
  func timeout() {
    let call = GRPCWebCallHead.test(fields: [.grpcTimeout: "250m"])
    #expect(call.timeout == .milliseconds(250))
    #expect(call.metadata == ["grpc-timeout": "250m"])
    #expect(call.failure == nil)
  }

  @Test(
    "Requirement 7: a timeout that isn't one fails the call",
    arguments: ["", "1", "S", "1234567890", "1s", "-1S", "1 S", "1S, 2S"]
  )
  @available(GRPCWeb 1.0, *)
  func invalidTimeout(value: String) {
    let call = GRPCWebCallHead.test(fields: [.grpcTimeout: value])
    #expect(call.failure?.code == .invalidArgument)
    #expect(call.timeout == nil)
  }

  @Test(
    "Requirement 7: a timeout of any number of digits is the call's, and one gRPC Swift can read",
    arguments: [
      ("100080000m", Duration.seconds(100_080), "100080S"),
      ("99999999m", .milliseconds(99_999_999), "100000S"),
      ("99999999999999999999m", Timeout.maximum, "9999999H"),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func longTimeout(value: String, timeout: Duration, metadata: String) {
    let call = GRPCWebCallHead.test(fields: [.grpcTimeout: value])
    #expect(call.failure == nil)
    #expect(call.timeout == timeout)
    #expect(call.metadata == ["grpc-timeout": .string(metadata)])
  }

  @Test("Requirement 20: a native call whose body has a coding is unimplemented")
  @available(GRPCWeb 1.0, *)
  func nativeContentCoding() {
    let call = GRPCWebCallHead.test(isNativeGRPC: true, fields: [.contentEncoding: "gzip"])
    #expect(call.failure?.code == .unimplemented)
    #expect(call.failure?.message.contains("'gzip'") == true)
    let plain = GRPCWebCallHead.test(isNativeGRPC: true, fields: [.contentEncoding: "identity"])
    #expect(plain.failure == nil)
  }

  @Test("Requirement 7: no time at all is exceeded on arrival", arguments: ["0S", "00000000n"])
  @available(GRPCWeb 1.0, *)
  func noTime(value: String) {
    let call = GRPCWebCallHead.test(fields: [.grpcTimeout: value])
    #expect(call.failure?.code == .deadlineExceeded)
  }

  @Test("Requirement 8: base64 that can't be decoded fails the call")
  @available(GRPCWeb 1.0, *)
  func invalidBinaryMetadata() throws {
    let fields = try Fixture.fields([("x-key", "1"), ("x-data-bin", "*")])
    #expect(GRPCWebCallHead.test(fields: fields).failure?.code == .invalidArgument)
  }

  @Test("Requirement 18: an encoding that isn't known fails the call")
  @available(GRPCWeb 1.0, *)
  func unknownEncoding() {
    let call = GRPCWebCallHead.test(fields: [.grpcEncoding: "br"])
    #expect(call.requestEncoding == nil)
    #expect(call.failure?.code == .unimplemented)
    #expect(call.failure?.message.contains("br") == true)
  }

  @Test(
    "Requirement 18: what request messages are encoded with",
    arguments: [("gzip", MessageEncoding.gzip), ("deflate", .deflate), ("identity", .identity)]
  )
  @available(GRPCWeb 1.0, *)
  func requestEncoding(value: String, encoding: MessageEncoding) {
    let call = GRPCWebCallHead.test(fields: [.grpcEncoding: value])
    #expect(call.requestEncoding == encoding)
    #expect(call.failure == nil)
  }

  @Test(
    "Requirement 18: responses are compressed only for a peer that accepts it, and when enabled",
    arguments: [
      (nil, true, .identity), ("gzip", false, .identity), ("gzip", true, .gzip),
      ("deflate", true, .deflate), ("identity,deflate,gzip", true, .deflate),
      ("br, gzip", true, .gzip), ("identity", true, .identity), ("br", true, .identity),
      ("", true, .identity),
    ] as [(String?, Bool, MessageEncoding)]
  )
  @available(GRPCWeb 1.0, *)
  func responseEncoding(accepted: String?, isEnabled: Bool, encoding: MessageEncoding) {
    var fields = HTTPFields()
    fields[.grpcAcceptEncoding] = accepted
    let config = GRPCWebServer.Config.defaults {
      $0.compression = isEnabled ? .enabled : .disabled
    }
    let call = GRPCWebCallHead.test(fields: fields, config: config)
    #expect(call.responseEncoding == encoding)
  }

  @Test("Requirement 18: what a request is compressed with doesn't decide for the response")
  @available(GRPCWeb 1.0, *)
  func encodingsAreIndependent() {
    let config = GRPCWebServer.Config.defaults { $0.compression = .enabled }
    let call = GRPCWebCallHead.test(fields: [.grpcEncoding: "gzip"], config: config)
    #expect(call.requestEncoding == .gzip)
    #expect(call.responseEncoding == .identity)
  }

  @Test("Requirement 8: metadata is what isn't HTTP's or gRPC's own")
  @available(GRPCWeb 1.0, *)
  func metadata() throws {
    let fields = try Fixture.fields([
      ("content-type", "application/grpc-web"), ("x-grpc-web", "1"), ("user-agent", "test"),
      ("origin", "https://a.example"), ("x-key", "a"), ("X-Key", "b"), ("grpc-encoding", "gzip"),
    ])
    let call = GRPCWebCallHead.test(fields: fields)
    #expect(call.metadata == ["user-agent": "test", "x-key": "a", "x-key": "b"])
    #expect(call.origin == "https://a.example")
  }
}
