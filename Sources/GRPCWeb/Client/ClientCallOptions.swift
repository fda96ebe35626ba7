internal import GRPCCore
internal import HTTPTypes

/// What is settled of a call before its client writes anything.
@available(GRPCWeb 1.0, *)
struct ClientCallOptions: Sendable {
  let url: BaseURL
  let method: MethodDescriptor
  let mode: BodyMode
  let requestEncoding: MessageEncoding
  /// Whether the client may write any number of messages, and not exactly one.
  let isRequestStreaming: Bool
  let maximumRequestMessageSize: Int
  let maximumResponseMessageSize: Int
  let maximumBufferedBytes: Int
  /// The fields of the request's head, but for the metadata.
  let fields: HTTPFields

  init(
    url: BaseURL,
    method: MethodDescriptor,
    options: CallOptions,
    configuration: GRPCWebClientConfiguration,
    streamsRequests: Bool = true
  ) {
    self.url = url
    self.method = method
    self.mode = configuration.mode
    // Stubs generated for gRPC Swift before 2.3 don't say. Where requests can't be streamed one that
    // turns out to be complete can still be sent.
    self.isRequestStreaming = method.type?.isRequestStreaming ?? streamsRequests
    self.requestEncoding = MessageEncoding(options.compression ?? configuration.compression)
    self.maximumRequestMessageSize =
      options.maxRequestMessageBytes ?? configuration.maximumRequestMessageSize
    self.maximumResponseMessageSize =
      options.maxResponseMessageBytes ?? configuration.maximumResponseMessageSize
    self.maximumBufferedBytes = configuration.maximumBufferedBytes

    var fields = configuration.headers
    fields[.contentType] = ContentType.requestValue(for: configuration.mode)
    fields[.accept] = ContentType.requestValue(for: configuration.mode)
    // A body in frames is compressed by the message, or not at all: see ``ResponseDecoder``.
    fields[.acceptEncoding] = "identity"
    fields[.xGRPCWeb] = "1"
    if let credentials = url.credentials, !fields.contains(.authorization) {
      fields[.authorization] = credentials
    }
    if !fields.contains(.xUserAgent) {
      fields[.xUserAgent] = "grpc-web-swift-sonora"
    }
    fields[.grpcAcceptEncoding] = MessageEncoding.supported
    if self.requestEncoding != .identity {
      fields[.grpcEncoding] = self.requestEncoding.rawValue
    }
    self.fields = fields
  }

  /// Whether the server may send any number of messages, and not exactly one.
  var isResponseStreaming: Bool {
    self.method.type?.isResponseStreaming ?? true
  }
}
