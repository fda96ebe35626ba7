internal import GRPCCore
internal import HTTPTypes

/// The properties of a call that are known before its client writes anything.
@available(GRPCWeb 1.0, *)
struct ClientCallOptions: Sendable {
  let url: BaseURL
  let method: MethodDescriptor
  let mode: GRPCWebMode
  let requestEncoding: MessageEncoding
  /// Whether the client may write any number of messages, rather than exactly one.
  let isRequestStreaming: Bool
  let maximumRequestMessageSize: Int
  let maximumResponseMessageSize: Int
  let maximumQueuedRequestBytes: Int
  let maximumBufferedResponseBytes: Int
  /// The header fields of the request, without the metadata.
  let fields: HTTPFields

  init(
    url: BaseURL,
    method: MethodDescriptor,
    options: CallOptions,
    config: GRPCWebClientTransport.Config,
    streamsRequests: Bool = true
  ) {
    self.url = url
    self.method = method
    self.mode = config.mode
    // Stubs generated for gRPC Swift before 2.3 don't give the type of a method. With an HTTP
    // client that can't stream requests, such a method is treated as taking one message: a request
    // that turns out to be complete can still be sent.
    self.isRequestStreaming = method.type?.isRequestStreaming ?? streamsRequests
    self.requestEncoding = MessageEncoding(options.compression ?? config.compression)
    self.maximumRequestMessageSize =
      options.maxRequestMessageBytes ?? config.maximumRequestMessageSize
    self.maximumResponseMessageSize =
      options.maxResponseMessageBytes ?? config.maximumResponseMessageSize
    self.maximumQueuedRequestBytes = config.maximumQueuedRequestBytes
    self.maximumBufferedResponseBytes = config.maximumBufferedResponseBytes

    var fields = config.headers
    fields[.contentType] = ContentType.requestValue(for: config.mode)
    fields[.accept] = ContentType.requestValue(for: config.mode)
    // Frames are compressed message by message or not at all: ``ResponseDecoder`` refuses a
    // response with a content coding.
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

  /// Whether the server may send any number of messages, rather than exactly one.
  var isResponseStreaming: Bool {
    self.method.type?.isResponseStreaming ?? true
  }
}
