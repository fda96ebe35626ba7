internal import HTTPTypes

/// The fields of a request's head that say how a call is to be answered, found in one pass: to look a name up
/// in HTTP's fields is to go through all of them, twice.
@available(GRPCWeb 1.0, *)
struct CallFields: Hashable, Sendable {
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
      switch field.name.canonicalName {
      case "accept":
        Self.add(field, to: &self.accept)
      case "origin":
        Self.add(field, to: &self.origin)
      case "grpc-encoding":
        Self.add(field, to: &self.encoding)
      case "grpc-accept-encoding":
        Self.add(field, to: &self.acceptEncoding)
      case "grpc-timeout":
        Self.add(field, to: &self.timeout)
      default:
        break
      }
    }
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
    value = value.map { "\($0), \(field.value)" } ?? field.value
  }
}
