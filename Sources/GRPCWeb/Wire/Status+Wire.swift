internal import GRPCCore
internal import HTTPTypes

@available(GRPCWeb 1.0, *)
extension Status {
  /// The status that the value of `grpc-status` stands for.
  ///
  /// A code that gRPC doesn't define stands for `unknown`, as in all implementations of gRPC.
  init(grpcStatus value: String, message: String) {
    if let code = Int(value).flatMap({ Status.Code(rawValue: $0) }) {
      self.init(code: code, message: message)
    } else {
      let reason = "Received the unknown status code '\(value)'."
      self.init(code: .unknown, message: message.isEmpty ? reason : "\(reason) \(message)")
    }
  }

  /// The status that the values of all `grpc-status` fields stand for, `nil` without any.
  ///
  /// Equal values count as one: proxies that merge headers and trailers repeat them. Different
  /// values are `unknown`.
  init?(grpcStatuses values: [String], message: String) {
    guard let first = values.first else { return nil }
    guard values.allSatisfy({ $0 == first }) else {
      let all = values.map { "'\($0)'" }.joined(separator: ", ")
      self.init(code: .unknown, message: "Received different status codes: \(all). \(message)")
      return
    }
    self.init(grpcStatus: first, message: message)
  }

  /// The status that the fields of a "Trailers-Only" response have, if they have one.
  ///
  /// - Parameters:
  ///   - fields: The fields.
  ///   - isGRPCWeb: Whether the response is gRPC-Web's in all else. Where it isn't, only a code that is
  ///     gRPC's says more than the HTTP status.
  init?(_ fields: HTTPFields, isGRPCWeb: Bool) {
    // Some HTTP clients join the values of repeated fields with commas.
    let values = fields[values: .grpcStatus].flatMap { value in
      value.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map {
        String(Substring($0).trimmingWhitespace())
      }
    }
    let isKnown = values.allSatisfy { $0 == values[0] && Self.isCode($0) }
    guard isGRPCWeb || isKnown else { return nil }
    let messages = fields[values: .grpcMessage]
    let isRepeated = messages.allSatisfy { $0 == messages[0] }
    let message = isRepeated ? messages.first : messages.joined(separator: ", ")
    self.init(grpcStatuses: values, message: message.map { StatusMessage.decode($0) } ?? "")
  }

  private static func isCode(_ value: String) -> Bool {
    Int(value).flatMap { Status.Code(rawValue: $0) } != nil
  }

  /// The status of a call whose response isn't gRPC-Web.
  ///
  /// See gRPC's "HTTP to gRPC Status Code Mapping".
  init(httpStatus: HTTPResponse.Status, contentType: String?) {
    let type = contentType.map { "the content type '\($0)'" } ?? "no content type"
    self.init(
      code: Status.Code(RPCError.Code(ofResponse: httpStatus.code)),
      message: "The response isn't gRPC-Web: it has the HTTP status \(httpStatus.code) and \(type)."
    )
  }

  /// The status with the URL called, and a hint at what a response may mean that isn't gRPC-Web.
  ///
  /// <doc:WhenACallFails> lists the hints.
  func explained(_ response: HTTPResponse, to request: HTTPRequest?, peer: String) -> Self {
    let hint = Self.hint(for: response)
    let request = request.map { "POST \($0.url), \(peer)." }
    let parts = [self.message, request, hint].compactMap { $0 }
    return Self(code: self.code, message: parts.joined(separator: " "))
  }

  private static func hint(for response: HTTPResponse) -> String? {
    let contentType = response.headerFields[.contentType] ?? ""
    if ContentType.resemblesNativeGRPC(contentType) {
      return "The server speaks native gRPC. Enable gRPC-Web there, or put a proxy before it."
    }
    switch response.status.code {
    case 200:
      return "Something else than the service answered: is it the right path?"
    case 300 ..< 400:
      let location = response.headerFields[.location].map { " to '\($0)'" } ?? ""
      return "Redirections\(location) aren't followed: call the URL where the service is."
    case 401, 403, 407:
      return "Something before the service refused the request: are there credentials to send?"
    case 404, 405:
      return "There is no service at this path: is it the one that services are mounted below?"
    case 411, 413, 501:
      return "A proxy may not take this request, or not while it is being written."
    case 415:
      return "The server doesn't take gRPC-Web here: is it for native gRPC, or another protocol?"
    case 502, 503, 504:
      return "A proxy answered in place of the server: is the one behind it running?"
    default:
      return nil
    }
  }
}
