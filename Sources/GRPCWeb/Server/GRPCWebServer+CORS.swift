internal import HTTPTypes

@available(GRPCWeb 1.0, *)
extension GRPCWebServer.Config {
  /// Which web pages of other origins may call, and what their browsers let them see of the answers.
  ///
  /// The default, ``disabled``, adds nothing to any answer and leaves preflight requests to the app,
  /// which may have a CORS middleware of its own. The others are one line each:
  ///
  /// ```swift
  /// config.cors = .allow(origins: ["https://shop.example"])
  /// config.cors.allowsCredentials = true
  /// ```
  ///
  /// See "CORS protocol" in the Fetch standard.
  public struct CORS: Sendable {
    private enum Origins: Sendable {
      case none
      case all
      case some(@Sendable (String) -> Bool)
    }

    private var origins: Origins

    /// Whether requests may carry cookies and HTTP authentication.
    ///
    /// `false` by default. With credentials an answer never allows `*`, but names the one origin that asked.
    public var allowsCredentials = false

    /// How long a browser may remember the answer to a preflight request.
    ///
    /// Two hours by default, the longest that all browsers honour. Sent in whole seconds.
    public var maximumAge: Duration = .seconds(7200)

    /// The names of headers that a page may read besides gRPC's own and the metadata of the answer
    /// itself, which always are exposed.
    public var exposedHeaders: [String] = []

    /// Leaves CORS to the app: nothing is added and preflight requests are passed on.
    public static let disabled = Self(origins: .none)

    /// Allows pages of every origin.
    public static let allowAll = Self(origins: .all)

    /// Allows pages of the given origins.
    ///
    /// - Parameter origins: Origins as browsers send them, for example `https://shop.example` or
    ///     `http://localhost:3000`: a scheme, a host, and the port where it isn't the scheme's own.
    ///     Compared by bytes, letters of ASCII without case.
    public static func allow(origins: [String]) -> Self {
      let allowed = Set(origins.map { BytewiseString($0.lowercasedASCII()) })
      return Self(origins: .some { allowed.contains(BytewiseString($0.lowercasedASCII())) })
    }

    /// Allows pages of the origins for which a closure returns `true`.
    ///
    /// - Parameter isAllowed: Called with the value of each request's `origin` header.
    public static func allow(_ isAllowed: @escaping @Sendable (_ origin: String) -> Bool) -> Self {
      Self(origins: .some(isAllowed))
    }
  }
}

@available(GRPCWeb 1.0, *)
extension GRPCWebServer.Config.CORS {
  /// Whether preflight requests are answered here.
  var isEnabled: Bool {
    switch self.origins {
    case .none:
      return false
    case .all, .some:
      return true
    }
  }

  /// The answer to a preflight request.
  func preflightResponse(origin: String, requestedHeaders: String?) -> HTTPResponse {
    var response = HTTPResponse(status: .noContent)
    guard self.addAllowedOrigin(for: origin, to: &response.headerFields) else { return response }

    response.headerFields[.accessControlAllowMethods] = "POST, OPTIONS"
    if let requestedHeaders = requestedHeaders {
      response.headerFields[.accessControlAllowHeaders] = requestedHeaders
    }
    response.headerFields[.accessControlMaxAge] = String(self.maximumAge.components.seconds)
    return response
  }

  /// Adds what the browser needs to hand an answer, and its metadata, to the page.
  ///
  /// - Parameters:
  ///   - origin: The request's `origin` header; `nil` where it has none.
  ///   - fields: The fields of the answer, all but these.
  func apply(origin: String?, to fields: inout HTTPFields) {
    guard self.isEnabled, let origin = origin else { return }

    let metadataKeys = fields.map(\.name.canonicalName).filter { !Self.ownHeaders.contains($0) }
    guard self.addAllowedOrigin(for: origin, to: &fields) else { return }

    // A list and not "*", which means a header of that name when credentials are allowed.
    var exposed = Self.grpcHeaders
    var seen = Set(exposed)
    for name in self.exposedHeaders + metadataKeys where seen.insert(name).inserted {
      exposed.append(name)
    }
    fields[.accessControlExposeHeaders] = exposed.joined(separator: ", ")
  }

  /// The names always exposed.
  static let grpcHeaders = [
    "grpc-status", "grpc-message", "grpc-status-details-bin", "grpc-encoding",
  ]

  /// The names of the headers that every answer may have, and that say nothing to a page.
  private static let ownHeaders: Set<String> = [
    "accept-encoding", "accept-post", "allow", "cache-control", "content-length", "content-type",
    "x-accel-buffering",
  ]

  /// Adds the fields that say whether an origin is allowed.
  ///
  /// - Returns: Whether it is.
  private func addAllowedOrigin(for origin: String, to fields: inout HTTPFields) -> Bool {
    // The answer depends on the origin even where this one isn't allowed.
    fields.append(HTTPField(name: .vary, value: "origin"))

    switch self.origins {
    case .none:
      return false
    case .all where !self.allowsCredentials:
      fields[.accessControlAllowOrigin] = "*"
      return true
    case .all:
      break
    case .some(let isAllowed):
      guard isAllowed(origin) else { return false }
    }

    fields[.accessControlAllowOrigin] = origin
    if self.allowsCredentials {
      fields[.accessControlAllowCredentials] = "true"
    }
    return true
  }
}
