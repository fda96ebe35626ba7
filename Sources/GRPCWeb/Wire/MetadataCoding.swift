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
    var metadata = Metadata()
    metadata.reserveCapacity(fields.count)
    for field in fields {
      let key = field.name.canonicalName
      guard Self.isRequestMetadata(key) else { continue }
      try Self.decode(field.value, forKey: key, into: &metadata)
    }
    return metadata
  }

  /// Decodes one field or trailer.
  ///
  /// - Throws: `invalidArgument` when a `-bin` value isn't base64.
  static func decode(
    _ value: String,
    forKey key: String,
    into metadata: inout Metadata
  ) throws(RPCError) {
    guard key.hasSuffix("-bin") else {
      metadata.addString(value, forKey: key)
      return
    }

    for element in value.split(separator: ",", omittingEmptySubsequences: false) {
      guard let bytes = Base64.decode(element.trimmingWhitespace()) else {
        throw RPCError(
          code: .invalidArgument,
          message: "The value of the binary metadata '\(key)' isn't valid base64."
        )
      }
      metadata.addBinary(bytes, forKey: key)
    }
  }

  /// Encodes initial metadata as HTTP fields.
  ///
  /// - Parameters:
  ///   - metadata: The metadata to encode.
  ///   - fields: Where the fields go.
  ///   - reject: Called with each key that can't be sent, because it is reserved, no name of an
  ///     HTTP field, or has a value that no HTTP field can have.
  static func encode(
    _ metadata: Metadata,
    into fields: inout HTTPFields,
    reject: (String) -> Void
  ) {
    Self.forEachPair(of: metadata, reject: reject) { key, value in
      guard let name = HTTPField.Name(key) else {
        reject(key)
        return
      }
      fields.append(HTTPField(name: name, value: value))
    }
  }

  /// Calls `body` with each pair as it goes over the wire: a lower-case key and a value in which no
  /// byte could be taken for the end of a line.
  static func forEachPair(
    of metadata: Metadata,
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

      if Self.isResponseMetadata(key) && Self.isToken(key) && Self.isFieldValue(encoded) {
        body(key, encoded)
      } else {
        reject(key)
      }
    }
  }

  /// Returns whether a field of a request is metadata for the service.
  static func isRequestMetadata(_ key: String) -> Bool {
    if key.hasPrefix("grpc-") {
      return key == "grpc-timeout"
    }
    return !Self.httpKeys.contains(key) && !key.hasPrefix("access-control-")
  }

  /// Returns whether a service may send a key, as initial or trailing metadata.
  private static func isResponseMetadata(_ key: String) -> Bool {
    if key.hasPrefix("grpc-") {
      return key == "grpc-status-details-bin" || key == "grpc-retry-pushback-ms"
    }
    return !Self.httpKeys.contains(key) && !key.hasPrefix("access-control-")
  }

  private static func isToken(_ key: String) -> Bool {
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

  /// What HTTP itself, and gRPC-Web's use of it, says in fields.
  private static let httpKeys: Set<String> = [
    "accept", "accept-encoding", "accept-post", "connection", "content-encoding",
    "content-length", "content-type", "expect", "host", "keep-alive", "origin",
    "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "x-grpc-web",
  ]
}
