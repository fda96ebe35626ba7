internal import HTTPTypes

/// The fields of a request's head that say how a call is to be answered, found in one pass: each lookup of a name
/// in `HTTPFields` goes through all fields, twice.
@available(GRPCWeb 1.0, *)
struct CallFields: Hashable, Sendable {
  /// `content-type`.
  private(set) var contentType: String?
  /// `content-encoding`.
  private(set) var contentEncoding: String?
  /// `accept`.
  private(set) var accept: String?
  /// `origin`.
  private(set) var origin: String?
  /// `grpc-encoding`.
  private(set) var encoding: String?
  /// `grpc-accept-encoding`.
  private(set) var acceptEncoding: String?
  /// `grpc-timeout`.
  private(set) var timeout: String?

  /// Finds the fields in a head.
  init(_ fields: HTTPFields) {
    for field in fields {
      let name = field.name.canonicalName
      // The length is compared first, which takes less time than comparing characters.
      switch name.utf8.count {
      case 6 where name == "accept":
        Self.add(field, to: &self.accept)
      case 6 where name == "origin":
        Self.add(field, to: &self.origin)
      case 12 where name == "content-type":
        Self.add(field, to: &self.contentType)
      case 12 where name == "grpc-timeout":
        Self.add(field, to: &self.timeout)
      case 13 where name == "grpc-encoding":
        Self.add(field, to: &self.encoding)
      case 16 where name == "content-encoding":
        Self.add(field, to: &self.contentEncoding)
      case 20 where name == "grpc-accept-encoding":
        Self.add(field, to: &self.acceptEncoding)
      default:
        break
      }
    }
  }

  /// Whether the body has no content coding (RFC 9110, section 8.4).
  var hasPlainBody: Bool {
    guard let header = self.contentEncoding else { return true }
    return ContentCoding.codings(in: header).isEmpty
  }

  /// Returns the value of a field by itself.
  static func value(of name: HTTPField.Name, in fields: HTTPFields) -> String? {
    var value: String?
    for field in fields where field.name == name {
      Self.add(field, to: &value)
    }
    return value
  }

  /// Fields of one name are one list (RFC 9110, section 5.2).
  private static func add(_ field: HTTPField, to value: inout String?) {
    guard value != nil else {
      value = field.value
      return
    }
    // Values are appended in place, so that joining any number of fields takes linear time.
    value?.append(", ")
    value?.append(field.value)
  }
}
