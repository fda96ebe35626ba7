internal import GRPCCore
internal import GRPCWeb
internal import GRPCWebTestSupport
internal import SwiftProtobuf
internal import Testing

@available(GRPCWeb 1.0, *)
extension ClientContractCase {
  /// Attempts, whose records have to say what the app and the server saw.
  static let observation: [[ClientContractCase]] = [
    .inBothModes("The records of a hundred random calls agree with the app and with the server's") {
      client,
      mode in
      let attempts = RecordingObserver()
      let calls = RecordingObserver()
      let server = GRPCWebServer.Config.defaults {
        $0.observer = calls
        $0.compression = .enabled
        $0.compression.minimumMessageSize = 16
      }
      let config = GRPCWebClientTransport.Config.defaults {
        $0.observer = attempts
        $0.mode = mode
        $0.compression = .gzip
      }
      try await client.withEcho(service: failingService, server: server, config: config) { echo in
        var random = SplitMix64(seed: 14)
        for number in 0 ..< 100 {
          let call = RandomCall(using: &random)
          let (code, messages) = await call.make(echo)
          let attempt = try await attempts.record(after: number)
          let served = try await calls.record(after: number)
          let comment: Comment = "call \(number), \(call)"
          #expect(attempt.status?.code == code, comment)
          #expect(served.status?.code == code, comment)
          #expect(attempt.end == .service, comment)
          #expect(attempt.received.count == messages, comment)
          #expect(attempt.received == served.sent, comment)
          #expect(attempt.sent == served.received, comment)
          #expect(attempt.info.wireProtocol == served.info.wireProtocol, comment)
          #expect(attempt.requestEncoding == "gzip", comment)
          if messages > 0 {
            #expect(attempt.responseEncoding == served.responseEncoding, comment)
          }
        }
      }
    }
  ]
}

/// Fails calls with the status whose number their text is.
@available(GRPCWeb 1.0, *)
private let failingService = ScriptedService(
  onGet: { request, _ in
    try fail(askedForBy: request.message.text)
    return ServerResponse(message: request.message)
  },
  onExpand: { request, _ in
    StreamingServerResponse { writer in
      for character in request.message.text {
        try await writer.write(.with { $0.text = String(character) })
      }
      try fail(askedForBy: request.message.text)
      return [:]
    }
  }
)

@available(GRPCWeb 1.0, *)
private func fail(askedForBy text: String) throws(RPCError) {
  guard let code = Int(text).flatMap({ Status.Code(rawValue: $0) }),
    let error = RPCError(status: Status(code: code, message: "as asked for"))
  else {
    return
  }
  throw error
}

/// A call whose method, message and outcome chance has chosen.
@available(GRPCWeb 1.0, *)
private struct RandomCall: CustomStringConvertible {
  var isStream: Bool
  var text: String

  init(using random: inout some RandomNumberGenerator) {
    self.isStream = Bool.random(using: &random)
    self.text =
      Int.random(in: 0 ..< 4, using: &random) == 0
      ? "\(Int.random(in: 1 ... 16, using: &random))"
      : String(repeating: "ab", count: Int.random(in: 0 ... 200, using: &random))
  }

  var description: String {
    "\(self.isStream ? "a stream" : "a message"), '\(self.text)'"
  }

  /// Makes the call.
  ///
  /// - Returns: The status and the number of messages that the app gets.
  func make(_ echo: any Sonora_Test_Echo.ClientProtocol) async -> (Status.Code, Int) {
    let messages = Counter()
    do {
      if self.isStream {
        try await echo.expand(.with { $0.text = self.text }) { response in
          for try await _ in response.messages {
            messages.add()
          }
        }
      } else {
        _ = try await echo.get(.with { $0.text = self.text })
        messages.add()
      }
      return (.ok, messages.value)
    } catch {
      return ((error as? RPCError).map { Status.Code($0.code) } ?? .unknown, messages.value)
    }
  }
}
