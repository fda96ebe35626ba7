internal import HTTPTypes

/// How the frames of a body are written: as they are, or as base64 text.
///
/// Request and response each have a mode of their own.
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
  /// The content type of a request in the given mode.
  ///
  /// Some servers, Sonora for Python among them, know the text mode without a message format alone.
  static func requestValue(for mode: GRPCWebMode) -> String {
    switch mode {
    case .binary:
      return "application/grpc-web+proto"
    case .text:
      return "application/grpc-web-text"
    }
  }

  /// The content type of a response in the given mode.
  static func value(for mode: GRPCWebMode) -> String {
    switch mode {
    case .binary:
      return "application/grpc-web+proto"
    case .text:
      return "application/grpc-web-text+proto"
    }
  }

  /// The content type of a response in the given mode, as a field that has been made.
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
  static let accepted = "application/grpc-web+proto, application/grpc-web-text+proto"

  /// Returns whether a content type is gRPC-Web's, in whatever message format.
  package static func isGRPCWeb(_ contentType: String) -> Bool {
    let prefix = "application/grpc-web"
    guard Self.essence(of: contentType).hasASCIIPrefix(prefix) else { return false }
    let rest = Self.essence(of: contentType).utf8.dropFirst(prefix.utf8.count)
    guard let first = rest.first else { return true }
    return first == UInt8(ascii: "+") || first == UInt8(ascii: "-")
  }

  /// The content type of native gRPC, for responses.
  static let nativeGRPC = "application/grpc+proto"

  /// The content type of native gRPC, as a field that has been made.
  static let nativeGRPCField = HTTPField(name: .contentType, value: Self.nativeGRPC)

  /// Returns whether a content type is native gRPC's, with protobuf messages.
  static func isNativeGRPC(_ contentType: String) -> Bool {
    let essence = Self.essence(of: contentType)
    return essence.equalsASCII("application/grpc") || essence.equalsASCII(Self.nativeGRPC)
  }

  /// Returns the mode that a content type stands for.
  ///
  /// Type and subtype are compared without case, parameters are ignored.
  ///
  /// - Returns: The mode, or `nil` when the type isn't gRPC-Web with protobuf messages.
  static func mode(of contentType: String) -> GRPCWebMode? {
    if let mode = Self.modeAsUsual(of: contentType) {
      return mode
    }
    let essence = Self.essence(of: contentType)
    if essence.equalsASCII("application/grpc-web+proto")
      || essence.equalsASCII("application/grpc-web")
    {
      return .binary
    } else if essence.equalsASCII("application/grpc-web-text+proto")
      || essence.equalsASCII("application/grpc-web-text")
    {
      return .text
    } else {
      return nil
    }
  }

  /// Returns the mode of a content type that is written in lower case and without parameters.
  ///
  /// So nearly all clients write it, and taking it apart costs a hundred times as much.
  private static func modeAsUsual(of contentType: String) -> GRPCWebMode? {
    switch contentType {
    case "application/grpc-web+proto", "application/grpc-web":
      return .binary
    case "application/grpc-web-text+proto", "application/grpc-web-text":
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
    if let mode = Self.modeAsUsual(of: accept) {
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

  /// The type and subtype: what stands before the parameters.
  private static func essence(of contentType: String) -> Substring {
    contentType.prefix(beforeByte: UInt8(ascii: ";")).trimmingWhitespace()
  }

  /// The weight of a media range, 1 where it has none that can be read.
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
