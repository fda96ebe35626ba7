internal import GRPCCore
internal import HTTPTypes

/// Turns HTTP fields into metadata and back.
///
/// See "Custom-Metadata" in gRPC's PROTOCOL-HTTP2 document.
@available(GRPCWeb 1.0, *)
enum MetadataCoding {
  /// Decodes the metadata of a request from its HTTP fields.
  ///
  /// Leaves out what is gRPC's or HTTP's own. `grpc-timeout` stays, as gRPC Swift reads it there.
  /// Repeated names keep their values, in order. A `-bin` value is a list of base64, padded or not.
  ///
  /// - Throws: `invalidArgument` when a `-bin` value isn't base64.
  static func decodeRequest(_ fields: HTTPFields) throws(RPCError) -> Metadata {
    try Self.decode(fields, errorCode: .invalidArgument) { $0 == "grpc-timeout" }
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

  /// Decodes one trailer, unless it is gRPC's own.
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

    for element in value.split(separator: ",", omittingEmptySubsequences: false) {
      guard let bytes = Base64.decode(element.trimmingWhitespace()) else {
        throw RPCError(
          code: errorCode,
          message: "The value of the binary metadata '\(key)' isn't valid base64."
        )
      }
      metadata.addBinary(bytes, forKey: key)
    }
  }

  /// Encodes the metadata of a request as HTTP fields.
  ///
  /// - Parameters:
  ///   - metadata: The metadata to encode.
  ///   - fields: Where the fields go.
  ///   - reject: Called with each key that can't be sent, because it is reserved, no name of an
  ///     HTTP field, or has a value that no HTTP field can have.
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
  ///     HTTP field, or has a value that no HTTP field can have.
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
      let key = key.lowercased()
      let encoded: String
      switch value {
      case .string(let string):
        encoded = string
      case .binary(let bytes):
        encoded = Base64.encodeUnpadded(bytes)
      }

      let isAllowed = key.hasPrefix("grpc-") ? isKept(key) : !Self.isHTTP(key)
      if isAllowed && Self.isKey(key) && Self.isFieldValue(encoded) {
        body(key, encoded)
      } else {
        reject(key)
      }
    }
  }

  /// Returns whether a key of gRPC's own stands in trailing metadata: error details, and a server's
  /// word on retries.
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

  /// Returns whether a key is HTTP's own, or gRPC-Web's use of it, and so never metadata.
  private static func isHTTP(_ key: String) -> Bool {
    Self.httpKeys.contains(key) || key.hasPrefix("access-control-")
  }

  private static let httpKeys: Set<String> = [
    "accept", "accept-encoding", "accept-post", "connection", "content-encoding",
    "content-length", "content-type", "date", "expect", "host", "keep-alive", "origin",
    "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "x-grpc-web",
  ]
}
