internal import GRPCCore
internal import HTTPTypes

/// Turns HTTP fields into metadata and back.
///
/// See "Custom-Metadata" in gRPC's PROTOCOL-HTTP2 document.
///
/// The document allows only ASCII in text values. grpc-go and Envoy pass other bytes of a peer on
/// and fail no call for them. Here UTF-8 is passed on in both directions, as a String can hold it.
/// A String can't hold other bytes: SwiftNIO replaces them with U+FFFD, so that two different
/// values would become equal. A server leaves such a value out, logs its key and continues the
/// call, since proxies add headers that the client knows nothing of. A client passes such a value
/// on.
@available(GRPCWeb 1.0, *)
enum MetadataCoding {
  /// Decodes the metadata of a request from its HTTP fields.
  ///
  /// Fields of gRPC's or HTTP's own are left out. `grpc-timeout` stays, in a form that gRPC Swift
  /// can read. Repeated names keep their values, in order; but cookies, which HTTP/2 sends in one
  /// field each, become one value (RFC 9113, section 8.2.3). A `-bin` value is a list of base64
  /// elements, with or without padding.
  ///
  /// - Parameters:
  ///   - fields: The fields.
  ///   - leaveOut: Called with the key of each value that is left out because it wasn't UTF-8.
  /// - Throws: `invalidArgument` when a `-bin` value isn't base64.
  static func decodeRequest(
    _ fields: HTTPFields,
    leaveOut: (String) -> Void = { _ in }
  ) throws(RPCError) -> Metadata {
    var metadata = Metadata()
    metadata.reserveCapacity(fields.count)
    var cookies: String?

    for field in fields {
      let key = field.name.canonicalName
      guard key.hasPrefix("grpc-") ? key == "grpc-timeout" : !Self.isHTTP(key) else { continue }
      let value = field.value

      if key == "cookie" {
        if cookies == nil {
          cookies = value
        } else {
          cookies?.append("; ")
          cookies?.append(value)
        }
      } else if key == "grpc-timeout" {
        metadata.addString(Timeout.readableByGRPCSwift(value), forKey: key)
      } else if value.hasReplacementCharacter && !key.hasSuffix("-bin") {
        leaveOut(key)
      } else {
        try Self.decode(value, forKey: key, errorCode: .invalidArgument, into: &metadata)
      }
    }

    if let cookies = cookies {
      Self.addCookies(cookies, to: &metadata, leaveOut: leaveOut)
    }
    return metadata
  }

  /// Adds cookies, except those that aren't UTF-8: other apps on the same host set cookies too, and
  /// one that is invalid is no reason to lose the others.
  private static func addCookies(
    _ cookies: String,
    to metadata: inout Metadata,
    leaveOut: (String) -> Void
  ) {
    guard cookies.hasReplacementCharacter else {
      metadata.addString(cookies, forKey: "cookie")
      return
    }
    leaveOut("cookie")
    let kept = cookies.split(atByte: UInt8(ascii: ";")).filter { !$0.hasReplacementCharacter }
    if !kept.isEmpty {
      let text = kept.map { $0.trimmingWhitespace() }.joined(separator: "; ")
      metadata.addString(text, forKey: "cookie")
    }
  }

  /// Decodes the initial metadata of a response from its HTTP fields.
  ///
  /// - Throws: `internalError` when a `-bin` value isn't base64.
  static func decodeResponse(_ fields: HTTPFields) throws(RPCError) -> Metadata {
    try Self.decode(fields, errorCode: .internalError) { _ in false }
  }

  /// Decodes the metadata of a response that has its status in the HTTP fields.
  ///
  /// - Throws: `internalError` when a `-bin` value isn't base64.
  static func decodeTrailersOnly(_ fields: HTTPFields) throws(RPCError) -> Metadata {
    try Self.decode(fields, errorCode: .internalError, keepingGRPC: Self.isKeptInTrailers)
  }

  /// Decodes one trailer, unless its name is reserved for gRPC.
  ///
  /// - Throws: `internalError` when a `-bin` value isn't base64.
  static func decodeTrailer(
    _ value: String,
    forKey key: String,
    into metadata: inout Metadata
  ) throws(RPCError) {
    guard !key.hasPrefix("grpc-") || Self.isKeptInTrailers(key) else { return }
    try Self.decode(value, forKey: key, errorCode: .internalError, into: &metadata)
  }

  private static func decode(
    _ fields: HTTPFields,
    errorCode: RPCError.Code,
    keepingGRPC isKept: (String) -> Bool
  ) throws(RPCError) -> Metadata {
    var metadata = Metadata()
    metadata.reserveCapacity(fields.count)
    for field in fields {
      let key = field.name.canonicalName
      guard key.hasPrefix("grpc-") ? isKept(key) : !Self.isHTTP(key) else { continue }
      try Self.decode(field.value, forKey: key, errorCode: errorCode, into: &metadata)
    }
    return metadata
  }

  private static func decode(
    _ value: String,
    forKey key: String,
    errorCode: RPCError.Code,
    into metadata: inout Metadata
  ) throws(RPCError) {
    guard key.hasSuffix("-bin") else {
      metadata.addString(value, forKey: key)
      return
    }

    var value = value
    let isValid = value.withUTF8 { characters in
      Self.forEachElement(of: UnsafeRawBufferPointer(characters)) { element in
        guard let bytes = Base64.decode(element) else { return false }
        metadata.addBinary(bytes, forKey: key)
        return true
      }
    }
    guard isValid else {
      throw RPCError(
        code: errorCode,
        message: "The value of the binary metadata '\(key.excerpt)' isn't valid base64."
      )
    }
  }

  /// Calls `body` with each element of a comma-separated list, surrounding whitespace removed,
  /// until `body` returns `false`.
  ///
  /// Empty elements are skipped (RFC 9110, section 5.6.1). But a list that is empty as a whole is
  /// one element without bytes: gRPC writes an empty binary value so.
  ///
  /// - Returns: Whether all calls returned `true`.
  private static func forEachElement(
    of list: UnsafeRawBufferPointer,
    _ body: (UnsafeRawBufferPointer) -> Bool
  ) -> Bool {
    guard !list.allSatisfy(\.isHTTPWhitespace) else {
      return body(UnsafeRawBufferPointer(rebasing: list[..<0]))
    }

    var start = 0
    while start < list.count {
      let end = list[start...].firstIndex(of: UInt8(ascii: ",")) ?? list.count
      var first = start
      var last = end
      while first < last && list[first].isHTTPWhitespace { first += 1 }
      while first < last && list[last - 1].isHTTPWhitespace { last -= 1 }
      if first < last && !body(UnsafeRawBufferPointer(rebasing: list[first ..< last])) {
        return false
      }
      start = end + 1
    }
    return true
  }

  /// Encodes the metadata of a request as HTTP fields.
  ///
  /// - Parameters:
  ///   - metadata: The metadata to encode.
  ///   - fields: Where the fields go.
  ///   - reject: Called with each key that can't be sent, because it is reserved, no name of an
  ///     HTTP field, has a value that no HTTP field can have, or binary metadata that isn't base64.
  static func encodeRequest(
    _ metadata: Metadata,
    into fields: inout HTTPFields,
    reject: (String) -> Void
  ) {
    Self.encode(metadata, into: &fields, reject: reject) {
      $0 == "grpc-timeout" || $0 == "grpc-previous-rpc-attempts"
    }
  }

  /// Encodes the metadata of a response as HTTP fields.
  ///
  /// - Parameters:
  ///   - metadata: The metadata to encode.
  ///   - fields: Where the fields go.
  ///   - reject: Called with each key that can't be sent, because it is reserved, no name of an
  ///     HTTP field, has a value that no HTTP field can have, or binary metadata that isn't base64.
  static func encodeResponse(
    _ metadata: Metadata,
    into fields: inout HTTPFields,
    reject: (String) -> Void
  ) {
    Self.encode(metadata, into: &fields, reject: reject, keepingGRPC: Self.isKeptInTrailers)
  }

  private static func encode(
    _ metadata: Metadata,
    into fields: inout HTTPFields,
    reject: (String) -> Void,
    keepingGRPC isKept: (String) -> Bool
  ) {
    Self.forEachPair(of: metadata, keepingGRPC: isKept, reject: reject) { key, value in
      guard let name = HTTPField.Name(key) else {
        reject(key)
        return
      }
      fields.append(HTTPField(name: name, value: value))
    }
  }

  /// Calls `body` with each pair of trailing metadata as it goes over the wire.
  ///
  /// - Parameters:
  ///   - metadata: The metadata to encode.
  ///   - reject: Called with each key that can't be sent.
  ///   - body: Called with a lower-case key and a value in which no byte could be taken for the end
  ///     of a line.
  static func forEachTrailer(
    of metadata: Metadata,
    reject: (String) -> Void,
    _ body: (_ key: String, _ value: String) -> Void
  ) {
    Self.forEachPair(of: metadata, keepingGRPC: Self.isKeptInTrailers, reject: reject, body)
  }

  private static func forEachPair(
    of metadata: Metadata,
    keepingGRPC isKept: (String) -> Bool,
    reject: (String) -> Void,
    _ body: (_ key: String, _ value: String) -> Void
  ) {
    for (key, value) in metadata {
      let key = key.lowercasedASCII()
      let encoded: String
      let isValid: Bool
      switch value {
      case .string(let string):
        encoded = string
        isValid = key.hasSuffix("-bin") ? Self.isBase64List(string) : Self.isFieldValue(string)
      case .binary(let bytes):
        encoded = Base64.encodeUnpadded(bytes)
        isValid = true
      }

      let isAllowed = key.hasPrefix("grpc-") ? isKept(key) : !Self.isHTTP(key)
      if isValid && isAllowed && Self.isKey(key) {
        body(key, encoded)
      } else {
        reject(key)
      }
    }
  }

  /// Returns whether a key that starts with `grpc-` is allowed in trailing metadata: error details,
  /// and the server's pushback on retries.
  private static func isKeptInTrailers(_ key: String) -> Bool {
    key == "grpc-status-details-bin" || key == "grpc-retry-pushback-ms"
  }

  private static func isKey(_ key: String) -> Bool {
    !key.isEmpty
      && key.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a") ... UInt8(ascii: "z"), UInt8(ascii: "0") ... UInt8(ascii: "9"),
          UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
          return true
        default:
          return false
        }
      }
  }

  private static func isFieldValue(_ value: String) -> Bool {
    value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == UInt8(ascii: "\t") }
  }

  /// Returns whether the receiver of binary metadata can decode a text.
  private static func isBase64List(_ value: String) -> Bool {
    var value = value
    return value.withUTF8 { characters in
      Self.forEachElement(of: UnsafeRawBufferPointer(characters)) { Base64.decode($0) != nil }
    }
  }

  /// Returns whether a key is reserved for HTTP or for gRPC-Web's use of HTTP, and so is never
  /// metadata.
  private static func isHTTP(_ key: String) -> Bool {
    Self.httpKeys.contains(key) || key.hasPrefix("access-control-")
  }

  private static let httpKeys: Set<String> = [
    "accept", "accept-encoding", "accept-post", "connection", "content-encoding",
    "content-length", "content-type", "date", "expect", "host", "keep-alive", "origin",
    "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "x-grpc-web",
  ]
}
