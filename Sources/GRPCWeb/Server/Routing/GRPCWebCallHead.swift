internal import GRPCCore
internal import HTTPTypes

/// The properties of a call that the head of its request gives.
@available(GRPCWeb 1.0, *)
public struct GRPCWebCallHead: Sendable {
  /// The head of the request, as it came.
  let request: CallRequestHead

  /// The method called, with its type where it is registered.
  var method: MethodDescriptor

  /// The metadata that the client sent.
  var metadata: Metadata

  /// Whether the call is native gRPC over HTTP/2, whose status is in HTTP's trailers, and not gRPC-Web.
  var isNativeGRPC: Bool

  /// The mode of the request's body.
  var requestMode: GRPCWebMode

  /// The mode of the response's body.
  var responseMode: GRPCWebMode

  /// The encoding of request messages whose compressed flag is set: `identity` if the client named
  /// none, `nil` if it named an unknown encoding.
  var requestEncoding: MessageEncoding?

  /// The encoding to compress response messages with, `identity` for none.
  var responseEncoding: MessageEncoding

  /// How long the call may take from now on.
  package var timeout: Duration?

  /// The origin of the page that calls, if a page does.
  var origin: String?

  /// The keys of the metadata that was left out, as its values weren't UTF-8.
  var undecodableKeys: [String] = []

  /// Why the call must not reach a service.
  private(set) var failure: RPCError?

  /// Who, or what, the failure comes from.
  private(set) var failureEnd = GRPCWebCallRecord.End.badRequest

  /// Whether the method is registered.
  var isMethodRegistered: Bool

  /// The observed call, which gets the outcome; `nil` if there is no observer.
  var observed: ObservedServerCall?

  /// Whether the call has its response already, and must not reach a service.
  package var hasFailed: Bool {
    self.failure != nil
  }

  /// Reads the head of a request.
  ///
  /// A fault of the head becomes the call's ``failure``: such a call is answered, too.
  ///
  /// - Parameters:
  ///   - request: The head of the request.
  ///   - fields: The fields of the head that concern the call.
  ///   - method: The method called.
  ///   - requestMode: The mode of the request's body.
  ///   - isNativeGRPC: Whether the call is native gRPC.
  ///   - isMethodRegistered: Whether the method is registered.
  ///   - failure: Why the call must not reach a service, where that is known.
  ///   - config: How calls are answered.
  init(
    _ request: HTTPRequest,
    fields: CallFields,
    method: MethodDescriptor,
    requestMode: GRPCWebMode,
    isNativeGRPC: Bool = false,
    isMethodRegistered: Bool = true,
    failure: RPCError? = nil,
    config: GRPCWebServer.Config
  ) {
    self.request = CallRequestHead(request)
    self.method = method
    self.isNativeGRPC = isNativeGRPC
    self.isMethodRegistered = isMethodRegistered
    self.requestMode = requestMode
    self.responseMode =
      isNativeGRPC
      ? .binary : ContentType.responseMode(accept: fields.accept, requestMode: requestMode)
    self.origin = fields.origin
    self.metadata = [:]
    self.requestEncoding = MessageEncoding(header: fields.encoding)
    self.responseEncoding = Self.responseEncoding(
      accepted: fields.acceptEncoding,
      compression: config.compression
    )
    self.failure = failure

    do throws(RPCError) {
      if self.requestEncoding == nil {
        throw RPCError(
          code: .unimplemented,
          message:
            "Messages encoded as '\((fields.encoding ?? "").excerpt)' aren't supported."
        )
      }
      if isNativeGRPC && !fields.hasPlainBody {
        // Clients of native gRPC don't read HTTP statuses, so the fault is a gRPC status.
        throw RPCError(
          code: .unimplemented,
          message: """
            A body with the content coding '\((fields.contentEncoding ?? "").excerpt)' isn't supported: \
            messages may be compressed, one by one.
            """
        )
      }
      self.timeout = try Self.timeout(fields.timeout)
      var undecodableKeys: [String] = []
      self.metadata = try MetadataCoding.decodeRequest(request.headerFields) {
        undecodableKeys.append($0)
      }
      self.undecodableKeys = undecodableKeys
    } catch {
      self.failure = failure ?? error
      if self.failure?.code == .deadlineExceeded {
        self.failureEnd = .deadline
      }
    }
  }

  /// Refuses the call for the app, whatever else is wrong with it.
  mutating func refuse(with error: RPCError) {
    self.failure = error
    self.failureEnd = .app
  }

  private static func responseEncoding(
    accepted: String?,
    compression: GRPCWebServer.Config.Compression
  ) -> MessageEncoding {
    guard compression.isEnabled, let accepted = accepted else { return .identity }
    return MessageEncoding.known(in: accepted).first { $0 != .identity } ?? .identity
  }

  private static func timeout(_ value: String?) throws(RPCError) -> Duration? {
    guard let value = value else { return nil }
    guard let timeout = Timeout.decode(value) else {
      throw RPCError(
        code: .invalidArgument,
        message:
          "'\(value.excerpt)' isn't a timeout: digits and one of H, M, S, m, u, n."
      )
    }
    guard timeout > .zero else {
      throw RPCError(code: .deadlineExceeded, message: "The deadline had passed on arrival.")
    }
    return timeout
  }
}
