internal import GRPCCore
internal import HTTPTypes

/// What is settled of a call before its client writes anything.
@available(GRPCWeb 1.0, *)
struct ClientCallOptions: Sendable {
  let url: BaseURL
  let method: MethodDescriptor
  let mode: BodyMode
  let requestEncoding: MessageEncoding
  let maximumRequestMessageSize: Int
  let maximumResponseMessageSize: Int
  let maximumBufferedBytes: Int
  /// The fields of the request's head, but for the metadata.
  let fields: HTTPFields

  init(
    url: BaseURL,
    method: MethodDescriptor,
    options: CallOptions,
    configuration: GRPCWebClientConfiguration
  ) {
    self.url = url
    self.method = method
    self.mode = configuration.mode
    self.requestEncoding = MessageEncoding(options.compression ?? configuration.compression)
    self.maximumRequestMessageSize =
      options.maxRequestMessageBytes ?? configuration.maximumRequestMessageSize
    self.maximumResponseMessageSize =
      options.maxResponseMessageBytes ?? configuration.maximumResponseMessageSize
    self.maximumBufferedBytes = configuration.maximumBufferedBytes

    var fields = configuration.headers
    fields[.contentType] = ContentType.value(for: configuration.mode)
    fields[.accept] = ContentType.value(for: configuration.mode)
    fields[.xGRPCWeb] = "1"
    if !fields.contains(.xUserAgent) {
      fields[.xUserAgent] = "grpc-web-swift-sonora"
    }
    fields[.grpcAcceptEncoding] = MessageEncoding.supported
    if self.requestEncoding != .identity {
      fields[.grpcEncoding] = self.requestEncoding.rawValue
    }
    self.fields = fields
  }

  /// Whether the client may write any number of messages, and not exactly one.
  var isRequestStreaming: Bool {
    self.method.type?.isRequestStreaming ?? true
  }

  /// Whether the server may send any number of messages, and not exactly one.
  var isResponseStreaming: Bool {
    self.method.type?.isResponseStreaming ?? true
  }
}
