internal import GRPCCore
public import HTTPTypes

/// What to do with a request, decided from its head alone.
@available(GRPCWeb 1.0, *)
public enum GRPCWebRoute: Sendable {
  /// The request isn't gRPC-Web: it is passed on to the app.
  case pass
  /// The request is answered at once, with this head and without a body; the request's body isn't read.
  case respond(HTTPResponse)
  /// The request is a call.
  case call(GRPCWebCallHead)
}

@available(GRPCWeb 1.0, *)
extension GRPCWebRoute {
  /// Decides what to do with a request.
  ///
  /// A request that has nothing to do with gRPC-Web costs a lookup of its path.
  ///
  /// - Parameters:
  ///   - request: The head of the request.
  ///   - path: The path below the prefix that the services are mounted at.
  ///   - methods: The registered methods.
  ///   - allowsNativeGRPC: Whether native gRPC is answered, too: over HTTP/2, by an adapter that can send trailers.
  ///   - config: The server's configuration.
  init(
    _ request: HTTPRequest,
    path: String,
    methods: MethodTable,
    allowsNativeGRPC: Bool = false,
    config: GRPCWebServer.Config
  ) {
    let method = methods.method(forPath: path)

    switch request.method {
    case .post:
      self =
        if let method = method {
          Self.post(
            request,
            method: method,
            allowsNativeGRPC: allowsNativeGRPC,
            config: config
          )
        } else {
          Self.postToUnknown(
            request,
            path: path,
            allowsNativeGRPC: allowsNativeGRPC,
            config: config
          )
        }
    case .options:
      self = Self.options(
        request,
        path: path,
        isRegistered: method != nil,
        config: config
      )
    default:
      guard method != nil else {
        self = .pass
        return
      }
      var response = HTTPResponse(status: .methodNotAllowed)
      // Preflight requests (OPTIONS) are answered only if CORS is enabled here.
      response.headerFields[.allow] = config.cors.isEnabled ? "POST, OPTIONS" : "POST"
      self = .refuse(request, with: response, config: config)
    }
  }

  /// Decides on a request to the path of a method.
  private static func post(
    _ request: HTTPRequest,
    method: MethodDescriptor,
    allowsNativeGRPC: Bool,
    config: GRPCWebServer.Config
  ) -> Self {
    let fields = CallFields(request.headerFields)
    let contentType = fields.contentType ?? ""
    let isNativeGRPC = allowsNativeGRPC && ContentType.isNativeGRPC(contentType)

    guard let requestMode = isNativeGRPC ? .binary : ContentType.mode(of: contentType) else {
      var response = HTTPResponse(status: .unsupportedMediaType)
      response.headerFields[.acceptPost] = ContentType.accepted
      return .refuse(request, with: response, config: config)
    }

    guard isNativeGRPC || fields.hasPlainBody else {
      var response = HTTPResponse(status: .unsupportedMediaType)
      // The field says that the coding is at fault, and which codings are known (RFC 9110, section 12.5.3).
      response.headerFields[.acceptEncoding] = "identity"
      return .refuse(request, with: response, config: config)
    }

    return .call(
      GRPCWebCallHead(
        request,
        fields: fields,
        method: method,
        requestMode: requestMode,
        isNativeGRPC: isNativeGRPC,
        config: config
      )
    )
  }

  /// Decides on a request to a path that no method is registered for.
  private static func postToUnknown(
    _ request: HTTPRequest,
    path: String,
    allowsNativeGRPC: Bool,
    config: GRPCWebServer.Config
  ) -> Self {
    guard config.answersUnknownMethods else { return .pass }
    let contentType = CallFields.value(of: .contentType, in: request.headerFields) ?? ""
    let isNativeGRPC = allowsNativeGRPC && ContentType.isNativeGRPC(contentType)
    guard isNativeGRPC || ContentType.isGRPCWeb(contentType),
      let method = MethodTable.descriptor(forPath: path)
    else {
      return .pass
    }
    let error = RPCError(
      code: .unimplemented,
      message: "The method '\(method.fullyQualifiedMethod.excerpt)' isn't implemented."
    )
    // The format of the messages doesn't matter, as the response has none.
    return .call(
      GRPCWebCallHead(
        request,
        fields: CallFields(request.headerFields),
        method: method,
        requestMode: ContentType.mode(of: contentType) ?? .binary,
        isNativeGRPC: isNativeGRPC,
        isMethodRegistered: false,
        failure: error,
        config: config
      )
    )
  }

  private static func options(
    _ request: HTTPRequest,
    path: String,
    isRegistered: Bool,
    config: GRPCWebServer.Config
  ) -> Self {
    guard config.cors.isEnabled,
      let origin = request.headerFields[.origin],
      request.headerFields[.accessControlRequestMethod] != nil
    else {
      return .pass
    }

    let requestedHeaders = request.headerFields[.accessControlRequestHeaders]

    // A preflight request has no content type. For a method that isn't registered, the header that all gRPC-Web clients
    // send identifies a call: its page should read `unimplemented`, and not see a network error.
    guard
      isRegistered
        || config.answersUnknownMethods
          && Self.asksForGRPCWeb(requestedHeaders ?? "")
          && MethodTable.descriptor(forPath: path) != nil
    else {
      return .pass
    }

    return .respond(
      config.cors.preflightResponse(origin: origin, requestedHeaders: requestedHeaders)
    )
  }

  /// Whether the headers that a preflight asks for have the one that all gRPC-Web clients send.
  private static func asksForGRPCWeb(_ requestedHeaders: String) -> Bool {
    requestedHeaders.split(atByte: UInt8(ascii: ",")).contains {
      $0.trimmingWhitespace().equalsASCII("x-grpc-web")
    }
  }

  /// Refuses a request on HTTP's own terms, in a way that a page of an allowed origin can read.
  private static func refuse(
    _ request: HTTPRequest,
    with response: HTTPResponse,
    config: GRPCWebServer.Config
  ) -> Self {
    var response = response
    response.headerFields[.contentLength] = "0"
    config.cors.apply(origin: request.headerFields[.origin], to: &response.headerFields)
    return .respond(response)
  }
}
