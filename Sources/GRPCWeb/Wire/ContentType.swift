internal import HTTPTypes

/// The form of the frames in a body: binary, or base64 text.
///
/// The mode of a response is independent of the mode of its request.
@available(GRPCWeb 1.0, *)
public enum GRPCWebMode: Hashable, Sendable {
  /// `application/grpc-web`
  case binary
  /// `application/grpc-web-text`
  case text
}

/// The content types of gRPC-Web, and of native gRPC.
@available(GRPCWeb 1.0, *)
package enum ContentType {
  /// The content type of binary mode, without and with the message format.
  private static let binary = "application/grpc-web"
  private static let binaryProto = "application/grpc-web+proto"
  /// The content type of text mode, without and with the message format.
  private static let text = "application/grpc-web-text"
  private static let textProto = "application/grpc-web-text+proto"
  /// The content type of native gRPC, without and with the message format.
  private static let nativeGRPC = "application/grpc"
  private static let nativeGRPCProto = "application/grpc+proto"

  /// The content type of a request in the given mode.
  ///
  /// Text mode goes without the message format: some servers, Sonora for Python among them, don't
  /// accept it with one.
  static func requestValue(for mode: GRPCWebMode) -> String {
    switch mode {
    case .binary:
      return Self.binaryProto
    case .text:
      return Self.text
    }
  }

  /// The content type of a response in the given mode.
  static func value(for mode: GRPCWebMode) -> String {
    switch mode {
    case .binary:
      return Self.binaryProto
    case .text:
      return Self.textProto
    }
  }

  /// The content type of a response in the given mode, as a field that is made once.
  static func field(for mode: GRPCWebMode) -> HTTPField {
    switch mode {
    case .binary:
      return Self.binaryField
    case .text:
      return Self.textField
    }
  }

  private static let binaryField = HTTPField(name: .contentType, value: Self.value(for: .binary))
  private static let textField = HTTPField(name: .contentType, value: Self.value(for: .text))

  /// The media types that requests may have, for an `accept-post` header.
  static let accepted = "\(Self.binaryProto), \(Self.textProto)"

  /// Returns whether a content type is gRPC-Web's, in whatever message format.
  package static func isGRPCWeb(_ contentType: String) -> Bool {
    let essence = Self.essence(of: contentType)
    guard essence.hasASCIIPrefix(Self.binary) else { return false }
    let rest = essence.utf8.dropFirst(Self.binary.utf8.count)
    guard let first = rest.first else { return true }
    return first == UInt8(ascii: "+") || first == UInt8(ascii: "-")
  }

  /// The content type of a native gRPC response, as a field that is made once.
  static let nativeGRPCField = HTTPField(name: .contentType, value: Self.nativeGRPCProto)

  /// Returns whether a content type looks like native gRPC's: a hint for people, not for parsing.
  static func resemblesNativeGRPC(_ contentType: String) -> Bool {
    contentType.hasASCIIPrefix(Self.nativeGRPC) && !contentType.hasASCIIPrefix(Self.binary)
  }

  /// Returns whether a content type is native gRPC's, with protobuf messages.
  static func isNativeGRPC(_ contentType: String) -> Bool {
    let essence = Self.essence(of: contentType)
    return essence.equalsASCII(Self.nativeGRPC) || essence.equalsASCII(Self.nativeGRPCProto)
  }

  /// Returns the mode that a content type stands for.
  ///
  /// Type and subtype are compared without case, parameters are ignored.
  ///
  /// - Returns: The mode, or `nil` when the type isn't gRPC-Web with protobuf messages.
  static func mode(of contentType: String) -> GRPCWebMode? {
    if let mode = Self.exactMode(of: contentType) {
      return mode
    }
    let essence = Self.essence(of: contentType)
    if essence.equalsASCII(Self.binaryProto) || essence.equalsASCII(Self.binary) {
      return .binary
    } else if essence.equalsASCII(Self.textProto) || essence.equalsASCII(Self.text) {
      return .text
    } else {
      return nil
    }
  }

  /// Returns the mode of a content type in lower case and without parameters.
  ///
  /// Fast path: nearly all clients send exactly these; parsing costs 100 times as much.
  private static func exactMode(of contentType: String) -> GRPCWebMode? {
    switch contentType {
    case Self.binaryProto, Self.binary:
      return .binary
    case Self.textProto, Self.text:
      return .text
    default:
      return nil
    }
  }

  /// Chooses the mode of a response.
  ///
  /// - Parameters:
  ///   - accept: The value of the request's `accept` header, if it has one.
  ///   - requestMode: The mode of the request.
  /// - Returns: The mode that `accept` prefers; the request's where it names neither, or both alike.
  static func responseMode(accept: String?, requestMode: GRPCWebMode) -> GRPCWebMode {
    guard let accept = accept else { return requestMode }
    if let mode = Self.exactMode(of: accept) {
      return mode
    }

    var preferred: (mode: GRPCWebMode, quality: Double)?
    for range in accept.split(atByte: UInt8(ascii: ",")) {
      guard let mode = Self.mode(of: String(range)) else { continue }
      let quality = Self.quality(of: range)
      guard quality > 0 else { continue }

      switch preferred {
      case .some(let best) where best.quality > quality:
        continue
      case .some(let best) where best.quality == quality && mode != requestMode:
        continue
      default:
        preferred = (mode, quality)
      }
    }
    return preferred?.mode ?? requestMode
  }

  /// The type and subtype of a content type, without its parameters.
  private static func essence(of contentType: String) -> Substring {
    contentType.prefix(beforeByte: UInt8(ascii: ";")).trimmingWhitespace()
  }

  /// The weight of a media range, its `q` parameter; 1 if it has none or one that can't be parsed.
  private static func quality(of range: Substring) -> Double {
    for parameter in range.split(atByte: UInt8(ascii: ";")).dropFirst() {
      let parameter = parameter.trimmingWhitespace()
      if parameter.hasASCIIPrefix("q=") {
        return Double(Substring(parameter.utf8.dropFirst(2))) ?? 1
      }
    }
    return 1
  }
}
