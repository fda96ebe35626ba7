internal import GRPCCore
internal import GRPCWeb
internal import GRPCWebTestSupport
internal import SwiftProtobuf
internal import Testing

@available(GRPCWeb 1.0, *)
extension ContractCase {
  /// Random calls of all kinds, whose records must agree with what the client received.
  static let randomCalls: [[ContractCase]] = [
    .one("The records of a hundred random calls agree with their client") { adapter in
      let observer = RecordingObserver()
      let config = GRPCWebServer.Config.defaults {
        $0.observer = observer
        $0.compression = .enabled
        $0.compression.minimumMessageSize = 16
      }
      try await adapter.serve(interceptors: [FailingInterceptor()], config: config) { app in
        let connection = try await app.connect()
        var random = SplitMix64(seed: 14)
        for number in 0 ..< 100 {
          let call = try RandomCall(using: &random)
          let answer = try await connection.answer(call.request)
          let record = try await observer.record(after: number)
          call.expect(record, agreesWith: answer, "call \(number): \(call)")
        }
        await connection.close()
        #expect(observer.count == 100)
      }
    }
  ]
}

/// A call with a random method, mode, encoding, messages and outcome.
@available(GRPCWeb 1.0, *)
private struct RandomCall: CustomStringConvertible {
  var method: String
  var isText: Bool
  var texts: [String]
  var failure: Status.Code?
  var request: RawRequest
  /// The request to send.
  var sent = GRPCWebCallRecord.Messages()

  init(using random: inout some RandomNumberGenerator) throws {
    self.method = ["Get", "Expand", "Collect", "Update"].randomElement(using: &random) ?? "Get"
    self.isText = Bool.random(using: &random)
    let isStreaming = self.method == "Collect" || self.method == "Update"
    let count = isStreaming ? Int.random(in: 0 ... 5, using: &random) : 1
    let longest = self.method == "Expand" ? 20 : 2000
    self.texts = (0 ..< count).map { _ in
      String(repeating: "ab", count: Int.random(in: 0 ... longest, using: &random))
    }
    if Int.random(in: 0 ..< 4, using: &random) == 0 {
      self.failure = Status.Code(rawValue: Int.random(in: 1 ... 16, using: &random))
    }

    var body: [UInt8] = []
    for text in self.texts {
      let payload: [UInt8] = try EchoMessage.with { $0.text = text }.serializedBytes()
      let isCompressed = Bool.random(using: &random)
      let sent = isCompressed ? TestGzip.compress(payload) : payload
      body += TestFrame.header(flags: isCompressed ? 1 : 0, length: UInt32(sent.count)) + sent
      self.sent = GRPCWebCallRecord.Messages(
        count: self.sent.count + 1,
        bytes: self.sent.bytes + payload.count,
        compressedBytes: self.sent.compressedBytes + sent.count
      )
    }
    var fields = [("grpc-encoding", "gzip")]
    if Bool.random(using: &random) {
      fields.append(("grpc-accept-encoding", "gzip"))
    }
    if let failure = self.failure {
      fields.append(("x-fail", "\(failure.rawValue)"))
    }
    self.request = RawRequest.call(
      self.method,
      contentType: self.isText ? ContractCase.text : ContractCase.binary,
      fields: fields,
      body: self.isText ? Array(TestBase64.encode(body).utf8) : body
    )
  }

  var description: String {
    "\(self.method), \(self.isText ? "text" : "binary"), \(self.texts.count) messages"
  }

  /// Checks that the record of a call agrees with what the client received.
  func expect(_ record: GRPCWebCallRecord, agreesWith answer: TestAnswer, _ comment: Comment) {
    #expect(record.info.method.method == self.method, comment)
    #expect(record.info.wireProtocol == (self.isText ? .grpcWebText : .grpcWeb), comment)
    #expect(record.status?.code.rawValue == answer.status, comment)
    #expect(record.status?.code == self.failure ?? .ok, comment)
    #expect(record.end == .service, comment)
    #expect(record.httpStatus == answer.httpStatus, comment)
    if self.failure == nil {
      #expect(record.received == self.sent, comment)
    }

    var received = GRPCWebCallRecord.Messages()
    for frame in answer.frames {
      let isCompressed = frame.flags == 1
      received.count += 1
      received.compressedBytes += frame.payload.count
      received.bytes +=
        isCompressed
        ? TestGzip.decompress(frame.payload, upTo: 1024 * 1024).count : frame.payload.count
    }
    #expect(record.sent == received, comment)
  }
}

/// An interceptor that fails calls with the status that they ask for.
@available(GRPCWeb 1.0, *)
private struct FailingInterceptor: ServerInterceptor {
  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>,
    context: ServerContext,
    next:
      @Sendable (
        _ request: StreamingServerRequest<Input>,
        _ context: ServerContext
      ) async throws -> StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output> {
    let value = request.metadata[stringValues: "x-fail"].first { _ in true }
    if let code = value.flatMap({ Int($0) }).flatMap({ Status.Code(rawValue: $0) }),
      let error = RPCError(status: Status(code: code, message: "as asked for"))
    {
      throw error
    }
    return try await next(request, context)
  }
}
