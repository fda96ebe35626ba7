import Testing

@testable import GRPCWeb

@Suite("Content types")
struct ContentTypeTests {
  @Test(
    "Requirement 2: type and subtype are compared without case, parameters are ignored",
    arguments: [
      ("application/grpc-web", GRPCWebMode.binary),
      ("application/grpc-web+proto", .binary),
      ("Application/GRPC-Web+Proto", .binary),
      ("application/grpc-web; charset=utf-8", .binary),
      ("application/grpc-web+proto;charset=utf-8", .binary),
      (" application/grpc-web+proto ; a=b; c=d", .binary),
      ("application/grpc-web;", .binary),
      ("application/grpc-web-text", .text),
      ("application/grpc-web-text+proto", .text),
      ("APPLICATION/GRPC-WEB-TEXT+PROTO", .text),
      ("application/grpc-web-text;charset=UTF-8", .text),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func accepted(contentType: String, mode: GRPCWebMode) {
    #expect(ContentType.mode(of: contentType) == mode)
    #expect(ContentType.isGRPCWeb(contentType))
  }

  @Test(
    "Requirement 2: another format of messages is gRPC-Web's, but not one that is spoken here",
    arguments: [
      "application/grpc-web+json", "application/grpc-web-text+json", "application/grpc-web+",
      "application/grpc-web+protobuf", "application/grpc-web+proto+proto",
      "application/grpc-web-foo", "Application/gRPC-Web+Thrift; a=b", "application/grpc-web-",
    ]
  )
  @available(GRPCWeb 1.0, *)
  func otherFormats(contentType: String) {
    #expect(ContentType.mode(of: contentType) == nil)
    #expect(ContentType.isGRPCWeb(contentType))
  }

  @Test(
    "Requirement 2: a foreign type is nothing of gRPC-Web's",
    arguments: [
      "", ";", " ", "image/jpeg", "application/grpc", "application/grpc+proto", "application/json",
      "application/grpc-webfoo", "application/grpc-we", "text/application/grpc-web",
      "image/jpeg; application/grpc-web", "application/grpc-web text", "application / grpc-web",
      // These characters aren't semicolons, although a String treats the first as one; and the last
      // has no type before its semicolon.
      "application/grpc-web\u{37e}a=b", ";application/grpc-web",
    ]
  )
  @available(GRPCWeb 1.0, *)
  func foreign(contentType: String) {
    #expect(ContentType.mode(of: contentType) == nil)
    #expect(!ContentType.isGRPCWeb(contentType))
  }

  @Test("Requirement 10: a response names its format", arguments: [GRPCWebMode.binary, .text])
  @available(GRPCWeb 1.0, *)
  func valueIsReadBack(mode: GRPCWebMode) {
    #expect(ContentType.mode(of: ContentType.value(for: mode)) == mode)
    #expect(ContentType.value(for: mode).hasSuffix("+proto"))
  }

  @Test(
    "Requirement 3: accept alone decides the mode of the response",
    arguments: [
      ("application/grpc-web-text", GRPCWebMode.text),
      ("application/grpc-web-text+proto", .text),
      ("application/grpc-web", .binary),
      ("application/grpc-web+proto", .binary),
      ("APPLICATION/GRPC-WEB-TEXT", .text),
      ("application/grpc-web-text; charset=utf-8", .text),
      ("text/html, application/grpc-web-text, */*", .text),
      ("*/*, application/grpc-web", .binary),
      ("application/grpc-web;q=0.1, application/grpc-web-text;q=0.9", .text),
      ("application/grpc-web-text;q=0.1, application/grpc-web;q=0.9", .binary),
      ("application/grpc-web-text;q=0.5, application/grpc-web", .binary),
      ("application/grpc-web-text;Q=0.5, application/grpc-web;v=1;q=0.4", .text),
      ("application/grpc-web-text;q=0, application/grpc-web;q=0.001", .binary),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func accept(accept: String, mode: GRPCWebMode) {
    #expect(ContentType.responseMode(accept: accept, requestMode: .binary) == mode)
    #expect(ContentType.responseMode(accept: accept, requestMode: .text) == mode)
  }

  @Test(
    "Requirement 3: with no usable accept the response has the request's mode",
    arguments: [
      nil, "", ",", "*/*", "application/*", "application/json", "application/grpc",
      "application/grpc-web+json", "application/grpc-web-text;q=0", "application/grpc-web;q=0.0",
      "application/grpc-web, application/grpc-web-text",
      "application/grpc-web-text, application/grpc-web",
      "application/grpc-web;q=0.5, application/grpc-web-text;q=0.5",
      "application/grpc-web;q=nan", "application/grpc-web;q=-1",
    ]
  )
  @available(GRPCWeb 1.0, *)
  func noUsableAccept(accept: String?) {
    #expect(ContentType.responseMode(accept: accept, requestMode: .binary) == .binary)
    #expect(ContentType.responseMode(accept: accept, requestMode: .text) == .text)
  }

  @Test(
    "Native gRPC is told from all else",
    arguments: [
      ("application/grpc", true), ("application/grpc+proto", true),
      ("Application/gRPC; charset=utf-8", true), ("application/grpc+json", false),
      ("application/grpc-web", false), ("application/grpc-web+proto", false),
      ("application/grpcx", false), ("", false),
    ]
  )
  @available(GRPCWeb 1.0, *)
  func nativeGRPC(contentType: String, isNative: Bool) {
    #expect(ContentType.isNativeGRPC(contentType) == isNative)
  }
}
